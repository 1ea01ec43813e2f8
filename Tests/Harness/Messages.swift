import Foundation
import Notifications

/// What a service asks for.
struct Outgoing: Sendable, Encodable {
    var userID: String
    var message: String
    var eventType = "new_message"
    var priority: String?
    var title: String?
    var schedule: String?
    /// Only in batches.
    var idempotencyKey: String?
    var actionURL: String?

    enum CodingKeys: String, CodingKey {
        case message, priority, title, schedule
        case actionURL = "action_url"
        case userID = "user_id"
        case eventType = "event_type"
        case idempotencyKey = "idempotency_key"
    }

    init(to userID: String, _ message: String, title: String? = nil, at schedule: Instant? = nil, key: String? = nil) {
        self.userID = userID
        self.message = message
        self.title = title
        self.schedule = schedule?.description
        self.idempotencyKey = key
    }
}

/// A notification as its sender sees it.
struct Record: Sendable, Decodable {
    struct Step: Sendable, Decodable {
        let at: String
        let event: String
        let detail: String?
        let latenessMilliseconds: Double?

        enum CodingKeys: String, CodingKey {
            case at, event, detail
            case latenessMilliseconds = "lateness_ms"
        }
    }

    let id: String
    let state: String
    let userID: String?
    let message: String?
    let schedule: String?
    let acceptedAt: String?
    let dueAt: String?
    let trail: [Step]?

    enum CodingKeys: String, CodingKey {
        case id, state, message, schedule, trail
        case userID = "user_id"
        case acceptedAt = "accepted_at"
        case dueAt = "due_at"
    }

    var events: [String] { (self.trail ?? []).map(\.event) }

    func step(_ event: String) -> Step? { self.trail?.first { $0.event == event } }
}

/// A notification as its recipient sees it.
struct InboxItemAnswer: Sendable, Hashable, Decodable {
    let id: String
    let message: String
    let dueAt: String
    let deliveredAt: String
    let readAt: String?
    let seenAt: String?
    let archivedAt: String?
    let seq: Int64
    let scheduled: Bool

    enum CodingKeys: String, CodingKey {
        case id, message, seq, scheduled
        case seenAt = "seen_at"
        case archivedAt = "archived_at"
        case dueAt = "due_at"
        case deliveredAt = "delivered_at"
        case readAt = "read_at"
    }
}

/// A page of `GET /api/inbox`.
struct InboxPageAnswer: Sendable, Decodable {
    let notifications: [InboxItemAnswer]
    let nextCursor: String?

    enum CodingKeys: String, CodingKey {
        case notifications
        case nextCursor = "next_cursor"
    }

    var messages: [String] { self.notifications.map(\.message) }
}

struct CancelDecision: Sendable, Hashable, Decodable {
    let id: String
    let state: String
    let decidedAt: String

    enum CodingKeys: String, CodingKey {
        case id, state
        case decidedAt = "decided_at"
    }
}

struct ProblemBody: Sendable, Decodable {
    let code: String
    let status: Int
    let detail: String?
    let state: String?
}

struct BatchAnswer: Sendable, Decodable {
    struct Result: Sendable, Decodable {
        let status: Int
        let notification: Record?
        let problem: ProblemBody?
    }

    let results: [Result]
}

extension Instant {
    /// This machine's clock, which is also that of Postgres here.
    static var current: Instant { Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }

    static func inSeconds(_ seconds: Double) -> Instant {
        Instant(microseconds: self.current.microseconds + Int64(seconds * 1_000_000))
    }

    func secondsUntil(_ other: Instant) -> Double { Double(other.microseconds - self.microseconds) / 1_000_000 }
}

/// Waits for a moment that a fault or a request is planned for.
func sleep(until instant: Instant) async throws {
    let left = instant.microseconds - Instant.current.microseconds
    if left > 0 { try await Task.sleep(for: .microseconds(left), tolerance: .zero) }
}
