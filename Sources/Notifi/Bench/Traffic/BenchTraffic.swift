import FoundationEssentials
import Notifications

/// The notifications that are sent: always the same ones for the same numbers, of some 200 bytes each, shared out evenly
/// among so many users that no limit of a user decides a figure.
struct BenchTraffic: Sendable {
    static let defaultUsers = 50_000

    let service: UUID
    var users = Self.defaultUsers

    func user(_ number: Int) -> String { "user-\(number % self.users)" }

    private static let beginning = "Your order "
    private static let firstOrder = 100_000

    static func message(_ number: Int) -> String {
        "\(Self.beginning)\(Self.firstOrder + number) has left the warehouse and will be with you tomorrow between "
            + "nine and noon; you can follow it on its way at any time."
    }

    /// The number that this is the message of; `nil` for another text.
    static func number(of message: String) -> Int? {
        guard message.hasPrefix(Self.beginning) else { return nil }
        return Int(message.dropFirst(Self.beginning.count).prefix { $0.isNumber }).map { $0 - Self.firstOrder }
    }

    /// - Parameters:
    ///   - due: `nil` for at once.
    ///   - now: when it is accepted.
    func notification(_ number: Int, due: Instant? = nil, now: Instant) -> Notification {
        var random = SystemRandomNumberGenerator()
        return Notification(
            id: .fresh(at: now, using: &random), service: self.service, userID: self.user(number),
            content: Notification.Content(eventType: "status_change", message: Self.message(number)),
            acceptedAt: now, dueAt: due ?? now, isScheduled: due != nil)
    }

    /// The body of a POST.
    ///
    /// - Parameter schedule: RFC 3339; `nil` for at once.
    func json(_ number: Int, schedule: String? = nil) -> String {
        let when = schedule.map { ",\"schedule\":\"\($0)\"" } ?? ""
        return "{\"user_id\":\"\(self.user(number))\",\"event_type\":\"status_change\","
            + "\"message\":\"\(Self.message(number))\"\(when)}"
    }
}
