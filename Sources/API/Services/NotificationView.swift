import FoundationEssentials
import Notifications

/// A notification as the service that sent it sees it.
struct NotificationView: Encodable, Sendable {
    let id: String
    let state: String
    let userID: String?
    let eventType: String?
    let message: String?
    let title: String?
    let actionURL: String?
    let priority: String?
    let data: JSONValue?
    let schedule: String?
    let expiresAt: String?
    let acceptedAt: String?
    let dueAt: String?
    /// `nil` where it was not asked for.
    var trail: [Step]?

    struct Step: Encodable, Sendable {
        let at: String
        let event: String
        let detail: String?
        /// To the microsecond; `nil` for all steps but the claim and the delivery of a scheduled one.
        let latenessMilliseconds: Double?

        enum CodingKeys: String, CodingKey {
            case at, event, detail
            case latenessMilliseconds = "lateness_ms"
        }

        init(_ step: History.Step) {
            self.at = step.at.description
            self.event = step.event
            self.detail = step.detail
            self.latenessMilliseconds = step.lateMicroseconds.map { Double($0) / 1_000 }
        }
    }

    enum CodingKeys: String, CodingKey {
        case id, state, message, title, priority, data, schedule, trail
        case userID = "user_id"
        case eventType = "event_type"
        case actionURL = "action_url"
        case expiresAt = "expires_at"
        case acceptedAt = "accepted_at"
        case dueAt = "due_at"
    }

    init(_ notification: Notification, state: State) {
        self.init(id: notification.id, state: state, userID: notification.userID, notification)
    }

    /// - Parameter notification: `nil` where nothing readable is left of it.
    init(id: NotificationID, state: State, userID: String?, _ notification: Notification?) {
        let content = notification?.content
        self.id = id.description
        self.state = state.description
        self.userID = notification?.userID ?? userID
        self.eventType = content?.eventType
        self.message = content?.message
        self.title = content?.title
        self.actionURL = content?.actionURL
        self.priority = content?.priority.rawValue
        self.data = content?.data.flatMap { try? JSONValue(parsing: Data($0.utf8)) }
        self.schedule = notification.flatMap { $0.isScheduled ? $0.dueAt.description : nil }
        self.expiresAt = notification?.expiresAt?.description
        self.acceptedAt = notification?.acceptedAt.description
        self.dueAt = notification?.dueAt.description
    }

    init(id: NotificationID, state: State, history: History) {
        self.init(id: id, state: state, userID: nil, history.notification)
        self.trail = history.trail.map { Step($0) }
    }
}
