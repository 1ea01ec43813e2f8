internal import FoundationEssentials
internal import Notifications
internal import Postgres

/// The columns of `inbox` that its owner is shown, and their reading; one list for every statement that shows them.
struct InboxItemColumns {
    static let list = """
        i.id, i.due_at, i.seq, i.event_type, i.priority, i.title, i.message, i.action_url, i.data, i.scheduled,
        i.delivered_at, i.read_at, i.seen_at, i.archived_at
        """

    static func read(_ row: PostgresRow) throws -> InboxItem { try InboxItemColumns(of: row).read(row) }

    private let id, dueAt, seq, eventType, priority, title, message, actionURL, data, isScheduled: Int
    private let deliveredAt, readAt, seenAt, archivedAt: Int

    /// - Parameter row: any of a result whose rows are to be read. Looking up the names takes longer than reading a row.
    init(of row: PostgresRow) throws {
        self.id = try row.position(of: "id")
        self.dueAt = try row.position(of: "due_at")
        self.seq = try row.position(of: "seq")
        self.eventType = try row.position(of: "event_type")
        self.priority = try row.position(of: "priority")
        self.title = try row.position(of: "title")
        self.message = try row.position(of: "message")
        self.actionURL = try row.position(of: "action_url")
        self.data = try row.position(of: "data")
        self.isScheduled = try row.position(of: "scheduled")
        self.deliveredAt = try row.position(of: "delivered_at")
        self.readAt = try row.position(of: "read_at")
        self.seenAt = try row.position(of: "seen_at")
        self.archivedAt = try row.position(of: "archived_at")
    }

    func read(_ row: PostgresRow) throws -> InboxItem {
        InboxItem(
            id: NotificationID(uuid: try row.decode(self.id, as: UUID.self)),
            content: Notification.Content(
                eventType: try row.decode(self.eventType, as: String.self),
                message: try row.decode(self.message, as: String.self),
                title: try row.decode(self.title, as: String?.self),
                actionURL: try row.decode(self.actionURL, as: String?.self),
                priority: Priority(rawValue: try row.decode(self.priority, as: String.self)) ?? .normal,
                data: try row.decode(self.data, as: String?.self)),
            dueAt: try row.instant(self.dueAt), isScheduled: try row.decode(self.isScheduled, as: Bool.self),
            deliveredAt: try row.instant(self.deliveredAt), seq: try row.decode(self.seq, as: Int64.self),
            readAt: try row.optionalInstant(self.readAt), seenAt: try row.optionalInstant(self.seenAt),
            archivedAt: try row.optionalInstant(self.archivedAt))
    }
}
