internal import FoundationEssentials
internal import Notifications
internal import Postgres

/// The columns of `inbox` that make up a decision, and their reading; one list for every statement that returns one.
enum InboxColumns {
    static let list = """
        \(InboxItemColumns.list), i.user_id, i.state, i.reason, i.service_id, i.revision, i.expires_at, i.accepted_at,
        i.claimed_at, i.traceparent
        """

    /// Of whatever was decided, what a recipient would be shown is read as it is for recipients.
    static func read(_ row: PostgresRow) throws -> History.Decision {
        let item = try InboxItemColumns.read(row)
        let notification = Notification(
            id: item.id, service: try row.decode("service_id", as: UUID.self),
            userID: try row.decode("user_id", as: String.self), content: item.content,
            acceptedAt: try row.instant("accepted_at"), dueAt: item.dueAt, isScheduled: item.isScheduled,
            expiresAt: try row.optionalInstant("expires_at"), revision: try row.decode("revision", as: Int32.self),
            claimedAt: try row.optionalInstant("claimed_at"), trace: try row.trace("traceparent"))
        return History.Decision(
            notification: notification, outcome: try Self.outcome(row), decidedAt: item.deliveredAt,
            readAt: item.readAt, seq: item.seq, seenAt: item.seenAt, archivedAt: item.archivedAt)
    }

    /// Of a row that has no more of them than `state` and `reason`.
    static func outcome(_ row: PostgresRow) throws -> History.Outcome {
        switch try row.decode("state", as: String.self) {
        case "delivered": .delivered
        case "expired": .expired
        default: .suppressed(reason: try row.decode("reason", as: String?.self) ?? "")
        }
    }
}
