import FoundationEssentials
import Notifications

/// A notification as its recipient sees it, by Foundation: what `InboxItemText` is held against.
struct InboxItemView: Encodable, Sendable {
    let id: String
    let eventType: String
    let title: String?
    let message: String
    let actionURL: String?
    let priority: String
    let data: JSONValue?
    let dueAt: String
    let deliveredAt: String
    let readAt: String?
    let seenAt: String?
    let archivedAt: String?
    let seq: Int64
    let scheduled: Bool

    enum CodingKeys: String, CodingKey {
        case id, title, message, priority, data, seq, scheduled
        case eventType = "event_type"
        case actionURL = "action_url"
        case dueAt = "due_at"
        case deliveredAt = "delivered_at"
        case readAt = "read_at"
        case seenAt = "seen_at"
        case archivedAt = "archived_at"
    }

    init(_ item: InboxItem) {
        let content = item.content
        self.id = item.id.description
        self.eventType = content.eventType
        self.title = content.title
        self.message = content.message
        self.actionURL = content.actionURL
        self.priority = content.priority.rawValue
        self.data = content.data.flatMap { try? JSONValue(parsing: Data($0.utf8)) }
        self.dueAt = item.dueAt.description
        self.deliveredAt = item.deliveredAt.description
        self.readAt = item.readAt?.description
        self.seenAt = item.seenAt?.description
        self.archivedAt = item.archivedAt?.description
        self.seq = item.seq
        self.scheduled = item.isScheduled
    }

    /// Marks that are not set are there as null: their absence says something.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.id, forKey: .id)
        try container.encode(self.eventType, forKey: .eventType)
        try container.encodeIfPresent(self.title, forKey: .title)
        try container.encode(self.message, forKey: .message)
        try container.encodeIfPresent(self.actionURL, forKey: .actionURL)
        try container.encode(self.priority, forKey: .priority)
        try container.encodeIfPresent(self.data, forKey: .data)
        try container.encode(self.dueAt, forKey: .dueAt)
        try container.encode(self.deliveredAt, forKey: .deliveredAt)
        try container.encode(self.readAt, forKey: .readAt)
        try container.encode(self.seenAt, forKey: .seenAt)
        try container.encode(self.archivedAt, forKey: .archivedAt)
        try container.encode(self.seq, forKey: .seq)
        try container.encode(self.scheduled, forKey: .scheduled)
    }
}
