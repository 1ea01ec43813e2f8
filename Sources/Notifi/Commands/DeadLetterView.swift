import Foundation
import Notifications
import Store
import Wire

/// A dead letter for scripts: one JSON object, in which what is not known is left out. Times are RFC 3339, bytes base64.
struct DeadLetterView: Encodable {
    let origin: String
    let takenAt: String
    let recordedAt: String
    let reason: String
    let attempts: Int32
    let state: String
    let settledAt: String?
    let settledBy: String?
    let id: String?
    let serviceID: String?
    let userID: String?
    var traceparent: String?
    var key: Data?
    var value: Data?
    var eventType: String?
    var acceptedAt: String?
    var dueAt: String?
    var message: String?

    enum CodingKeys: String, CodingKey {
        case origin, reason, attempts, state, id, traceparent, key, value, message
        case takenAt = "taken_at"
        case recordedAt = "recorded_at"
        case settledAt = "settled_at"
        case settledBy = "settled_by"
        case serviceID = "service_id"
        case userID = "user_id"
        case eventType = "event_type"
        case acceptedAt = "accepted_at"
        case dueAt = "due_at"
    }

    init(_ row: ListDeadLetters.Row) {
        self.origin = "\(row.origin)"
        self.takenAt = "\(row.recordAt)"
        self.recordedAt = "\(row.recordedAt)"
        self.reason = row.reason
        self.attempts = row.attempts
        self.state = row.settled?.how.rawValue ?? "open"
        self.settledAt = row.settled.map { "\($0.at)" }
        self.settledBy = row.settled?.by
        self.id = row.id?.description
        self.serviceID = row.service?.uuidString.lowercased()
        self.userID = row.userID
    }

    /// With its record, read as far as it can be.
    init(_ letter: FindDeadLetters.Letter) {
        self.init(letter.row)
        self.traceparent = letter.trace?.description
        self.key = letter.key.map { Data($0) }
        self.value = letter.value.map { Data($0) }
        let value = letter.value ?? []
        guard let notification = try? Notifications.Notification(encoded: value, trace: letter.trace) else { return }
        self.eventType = notification.content.eventType
        self.acceptedAt = "\(notification.acceptedAt)"
        self.dueAt = "\(notification.dueAt)"
        self.message = notification.content.message
    }

    /// One line, of which a terminal obeys nothing.
    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self).printableJSON
        }
    }
}
