internal import FoundationEssentials
internal import Notifications
internal import Postgres

/// The columns of `inbox` that make up a decision, and their reading; one list for every statement that returns one.
enum InboxColumns {
    static let list = """
        i.user_id, i.id, i.due_at, i.state, i.reason, i.seq, i.service_id, i.event_type, i.priority, i.title, i.message,
        i.action_url, i.data, i.scheduled, i.revision, i.expires_at, i.accepted_at, i.claimed_at, i.delivered_at,
        i.read_at, i.seen_at, i.archived_at, i.traceparent
        """

    static func outcome(_ row: PostgresRow) throws -> History.Outcome {
        switch try row.decode("state", as: String.self) {
        case "delivered": .delivered
        case "expired": .expired
        default: .suppressed(reason: try row.decode("reason", as: String?.self) ?? "")
        }
    }

    static func read(_ row: PostgresRow) throws -> History.Decision {
        let notification = Notification(
            id: try row.id("id"), service: try row.decode("service_id", as: UUID.self),
            userID: try row.decode("user_id", as: String.self),
            content: Notification.Content(
                eventType: try row.decode("event_type", as: String.self),
                message: try row.decode("message", as: String.self),
                title: try row.decode("title", as: String?.self),
                actionURL: try row.decode("action_url", as: String?.self),
                priority: Priority(rawValue: try row.decode("priority", as: String.self)) ?? .normal,
                data: try row.decode("data", as: String?.self)),
            acceptedAt: try row.instant("accepted_at"), dueAt: try row.instant("due_at"),
            isScheduled: try row.decode("scheduled", as: Bool.self), expiresAt: try row.optionalInstant("expires_at"),
            revision: try row.decode("revision", as: Int32.self), claimedAt: try row.optionalInstant("claimed_at"),
            trace: try row.trace("traceparent"))
        return History.Decision(
            notification: notification, outcome: try Self.outcome(row), decidedAt: try row.instant("delivered_at"),
            readAt: try row.optionalInstant("read_at"), seq: try row.decode("seq", as: Int64.self),
            seenAt: try row.optionalInstant("seen_at"), archivedAt: try row.optionalInstant("archived_at"))
    }
}
