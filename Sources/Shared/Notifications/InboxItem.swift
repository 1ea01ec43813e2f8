/// A delivered notification as its recipient sees it, with the marks that the recipient has set.
public struct InboxItem: Sendable, Hashable {
    public var id: NotificationID
    public var content: Notification.Content
    public var dueAt: Instant
    public var isScheduled: Bool
    public var deliveredAt: Instant
    /// Its place in the inbox: the higher, the newer.
    public var seq: Int64
    public var readAt: Instant?
    public var seenAt: Instant?
    public var archivedAt: Instant?

    public init(
        id: NotificationID, content: Notification.Content, dueAt: Instant, isScheduled: Bool, deliveredAt: Instant,
        seq: Int64, readAt: Instant? = nil, seenAt: Instant? = nil, archivedAt: Instant? = nil
    ) {
        self.id = id
        self.content = content
        self.dueAt = dueAt
        self.isScheduled = isScheduled
        self.deliveredAt = deliveredAt
        self.seq = seq
        self.readAt = readAt
        self.seenAt = seenAt
        self.archivedAt = archivedAt
    }
}
