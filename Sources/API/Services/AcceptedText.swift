import FoundationEssentials
import HTTPTypes
import Notifications

/// An accepted notification as JSON, the same bytes as Foundation's encoder makes of its `NotificationView` with sorted
/// keys, at a twentieth of the time: the answer to every POST.
enum AcceptedText {
    /// What became of each of a batch: `{"results":[{"notification":{…},"status":202},{"problem":{…},"status":422}]}`.
    static func json(_ results: [Result<Notification, Problem>]) throws -> [UInt8] {
        var bytes = Array("{\"results\":[".utf8)
        bytes.reserveCapacity(results.count * 400)
        for (place, result) in results.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            var item = JSONText()
            switch result {
            case .success(let notification):
                item.member("notification", json: Self.json(notification))
                item.member("status", json: String(HTTPResponse.Status.accepted.code).utf8)
            case .failure(let problem):
                item.member("problem", json: try problem.json())
                item.member("status", json: String(problem.status.code).utf8)
            }
            bytes += item.finish()
        }
        bytes += "]}".utf8
        return bytes
    }

    static func json(_ notification: Notification) -> [UInt8] {
        let content = notification.content
        var text = JSONText()
        text.member("accepted_at", notification.acceptedAt.description)
        if let url = content.actionURL { text.member("action_url", url) }
        if let data = content.data { text.member("data", json: JSONText.readBack(data).utf8) }
        text.member("due_at", notification.dueAt.description)
        text.member("event_type", content.eventType)
        if let expiresAt = notification.expiresAt { text.member("expires_at", expiresAt.description) }
        text.member("id", notification.id.description)
        text.member("message", content.message)
        text.member("priority", content.priority.rawValue)
        if notification.isScheduled { text.member("schedule", notification.dueAt.description) }
        text.member("state", State.accepted.description)
        if let title = content.title { text.member("title", title) }
        text.member("user_id", notification.userID)
        return text.finish()
    }
}
