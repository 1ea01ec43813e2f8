import FoundationEssentials
import Notifications

/// A notification as its recipient sees it, as JSON with sorted members: a page has up to a hundred, for each of which
/// Foundation's encoder would take as long as all the rest.
enum InboxItemText {
    static func json(_ items: some Collection<InboxItem>) -> [UInt8] {
        JSONText.bytes(objects: items.count) { $0.array(items, Self.write) }
    }

    /// Marks that are not set are there as null: their absence says something.
    static func write(_ item: InboxItem, to text: inout JSONText) {
        let content = item.content
        text.object { text in
            if let url = content.actionURL { text.member("action_url", url) }
            text.member("archived_at", orNull: item.archivedAt)
            if let data = content.data.flatMap(self.data) { text.member("data", json: data.utf8) }
            text.member("delivered_at", item.deliveredAt)
            text.member("due_at", item.dueAt)
            text.member("event_type", content.eventType)
            text.member("id", item.id)
            text.member("message", content.message)
            text.member("priority", content.priority.rawValue)
            text.member("read_at", orNull: item.readAt)
            text.member("scheduled", json: (item.isScheduled ? "true" : "false").utf8)
            text.member("seen_at", orNull: item.seenAt)
            text.member("seq", json: String(item.seq).utf8)
            if let title = content.title { text.member("title", title) }
        }
    }

    /// Values of which this many fit into the largest `data`.
    private static let mostValues = 4_096

    /// - Returns: `nil` where it is no JSON, as only somebody else than the API can have written it.
    private static func data(_ text: String) -> String? {
        if JSONValue.plain(Array(text.utf8), mostValues: Self.mostValues) != nil { return text }
        return try? JSONValue(parsing: Data(text.utf8)).canonicalText()
    }
}
