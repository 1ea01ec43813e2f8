internal import FoundationEssentials
internal import Notifications
internal import Postgres

/// The columns of `inbox` that make up a decision, and their reading; one list for every statement that returns one.
struct InboxColumns {
    static let list = """
        i.user_id, i.id, i.due_at, i.state, i.reason, i.seq, i.service_id, i.event_type, i.priority, i.title, i.message,
        i.action_url, i.data, i.scheduled, i.revision, i.expires_at, i.accepted_at, i.claimed_at, i.delivered_at,
        i.read_at, i.seen_at, i.archived_at, i.traceparent
        """

    static func read(_ row: PostgresRow) throws -> History.Decision { try InboxColumns(of: row).read(row) }

    private let id, dueAt, service, userID, eventType, message, title, actionURL, priority, data: Int
    private let acceptedAt, isScheduled, expiresAt, revision, claimedAt, traceparent: Int
    private let state, reason, deliveredAt, readAt, seq, seenAt, archivedAt: Int

    /// - Parameter row: any of a result whose rows are to be read. Looking up the names takes longer than reading a row.
    init(of row: PostgresRow) throws {
        self.id = try row.position(of: "id")
        self.dueAt = try row.position(of: "due_at")
        self.service = try row.position(of: "service_id")
        self.userID = try row.position(of: "user_id")
        self.eventType = try row.position(of: "event_type")
        self.message = try row.position(of: "message")
        self.title = try row.position(of: "title")
        self.actionURL = try row.position(of: "action_url")
        self.priority = try row.position(of: "priority")
        self.data = try row.position(of: "data")
        self.acceptedAt = try row.position(of: "accepted_at")
        self.isScheduled = try row.position(of: "scheduled")
        self.expiresAt = try row.position(of: "expires_at")
        self.revision = try row.position(of: "revision")
        self.claimedAt = try row.position(of: "claimed_at")
        self.traceparent = try row.position(of: "traceparent")
        self.state = try row.position(of: "state")
        self.reason = try row.position(of: "reason")
        self.deliveredAt = try row.position(of: "delivered_at")
        self.readAt = try row.position(of: "read_at")
        self.seq = try row.position(of: "seq")
        self.seenAt = try row.position(of: "seen_at")
        self.archivedAt = try row.position(of: "archived_at")
    }

    func read(_ row: PostgresRow) throws -> History.Decision {
        let notification = Notification(
            id: NotificationID(uuid: try row.decode(self.id, as: UUID.self)),
            service: try row.decode(self.service, as: UUID.self), userID: try row.decode(self.userID, as: String.self),
            content: Notification.Content(
                eventType: try row.decode(self.eventType, as: String.self),
                message: try row.decode(self.message, as: String.self),
                title: try row.decode(self.title, as: String?.self),
                actionURL: try row.decode(self.actionURL, as: String?.self),
                priority: Priority(rawValue: try row.decode(self.priority, as: String.self)) ?? .normal,
                data: try row.decode(self.data, as: String?.self)),
            acceptedAt: try row.instant(self.acceptedAt), dueAt: try row.instant(self.dueAt),
            isScheduled: try row.decode(self.isScheduled, as: Bool.self),
            expiresAt: try row.optionalInstant(self.expiresAt),
            revision: try row.decode(self.revision, as: Int32.self),
            claimedAt: try row.optionalInstant(self.claimedAt),
            trace: try row.decode(self.traceparent, as: String?.self).flatMap { TraceContext($0) })
        return History.Decision(
            notification: notification, outcome: try self.outcome(row), decidedAt: try row.instant(self.deliveredAt),
            readAt: try row.optionalInstant(self.readAt), seq: try row.decode(self.seq, as: Int64.self),
            seenAt: try row.optionalInstant(self.seenAt), archivedAt: try row.optionalInstant(self.archivedAt))
    }

    private func outcome(_ row: PostgresRow) throws -> History.Outcome {
        try Self.outcome(row.decode(self.state, as: String.self)) { try row.decode(self.reason, as: String?.self) }
    }

    /// Of a row that has no more of them than `state` and `reason`.
    static func outcome(_ row: PostgresRow) throws -> History.Outcome {
        try Self.outcome(row.decode("state", as: String.self)) { try row.decode("reason", as: String?.self) }
    }

    private static func outcome(_ state: String, reason: () throws -> String?) throws -> History.Outcome {
        switch state {
        case "delivered": .delivered
        case "expired": .expired
        default: .suppressed(reason: try reason() ?? "")
        }
    }
}
