import FoundationEssentials
import HTTPTypes
import Notifications

/// An accepted notification as JSON, the same bytes as Foundation's encoder makes of its `NotificationView` with sorted
/// keys, at a twentieth of the time: the answer to every POST.
enum AcceptedText {
    /// What became of each of a batch: `{"results":[{"notification":{…},"status":202},{"problem":{…},"status":422}]}`.
    static func json(_ results: [Result<Notification, Problem>]) throws -> [UInt8] {
        var text = JSONText()
        text.member("results", json: JSONText.array(try results.map { try self.json($0) }))
        return text.finish()
    }

    private static func json(_ result: Result<Notification, Problem>) throws -> [UInt8] {
        var text = JSONText()
        switch result {
        case .success(let notification):
            text.member("notification", json: self.json(notification))
            text.member("status", json: String(HTTPResponse.Status.accepted.code).utf8)
        case .failure(let problem):
            text.member("problem", json: try problem.json())
            text.member("status", json: String(problem.status.code).utf8)
        }
        return text.finish()
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
