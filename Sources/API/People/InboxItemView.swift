import FoundationEssentials
import Notifications

/// A notification as its recipient sees it.
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
    let seq: Int64
    let scheduled: Bool

    enum CodingKeys: String, CodingKey {
        case id, title, message, priority, data, seq, scheduled
        case eventType = "event_type"
        case actionURL = "action_url"
        case dueAt = "due_at"
        case deliveredAt = "delivered_at"
        case readAt = "read_at"
    }

    init(_ item: History.Decision) {
        let notification = item.notification
        self.id = notification.id.description
        self.eventType = notification.content.eventType
        self.title = notification.content.title
        self.message = notification.content.message
        self.actionURL = notification.content.actionURL
        self.priority = notification.content.priority.rawValue
        self.data = notification.content.data.flatMap { try? JSONValue(parsing: Data($0.utf8)) }
        self.dueAt = notification.dueAt.description
        self.deliveredAt = item.decidedAt.description
        self.readAt = item.readAt?.description
        self.seq = item.seq
        self.scheduled = notification.isScheduled
    }
}
