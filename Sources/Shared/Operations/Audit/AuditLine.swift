public import FoundationEssentials
import Notifications

/// What was done, by whom and for whom: one line of the audit stream. It has no member for content.
public struct AuditLine: Sendable, Hashable {
    public enum Action: String, Sendable, CaseIterable {
        case send = "notification.send"
        case reschedule = "notification.reschedule"
        case cancel = "notification.cancel"
        case eraseUser = "user.erase"
        case createToken = "token.create"
        case revokeToken = "token.revoke"
        case limitToken = "token.limit"
        case putEventType = "event-type.add"
        case disableEventType = "event-type.disable"
        case replayDeadLetter = "dead-letter.replay"
        case discardDeadLetter = "dead-letter.discard"
    }

    public enum Actor: Sendable, Hashable {
        /// A service by its name, with the id of its token; without one where Notifi finishes what the service began.
        case service(String, token: UUID?)
        /// Whoever ran a command: the operating system's name of the user.
        case systemUser(String)
    }

    public var action: Action
    public var actor: Actor
    /// What became of it: `accepted`, `recalled`, `created`, …
    public var outcome: String
    public var notificationID: String?
    /// For whom.
    public var userID: String?
    public var eventType: String?
    /// The service whose token was made or changed.
    public var service: String?
    /// The token that was made or changed.
    public var tokenID: UUID?
    /// 32 hexadecimal digits of a W3C trace id.
    public var traceID: String?
    /// Where a dead letter was read from: `topic/partition/offset`.
    public var origin: String?

    public init(
        _ action: Action, by actor: Actor, outcome: String, notificationID: String? = nil, userID: String? = nil,
        eventType: String? = nil, service: String? = nil, tokenID: UUID? = nil, traceID: String? = nil,
        origin: String? = nil
    ) {
        self.action = action
        self.actor = actor
        self.outcome = outcome
        self.notificationID = notificationID
        self.userID = userID
        self.eventType = eventType
        self.service = service
        self.tokenID = tokenID
        self.traceID = traceID
        self.origin = origin
    }

    /// One JSON object and a line feed, which is the only one in it. What does not apply is left out.
    func text(time: String) -> String {
        var line = "{"
        line.appendMember("time", time)
        line += ","
        line.appendMember("action", self.action.rawValue)
        line += ",\"actor\":{"
        switch self.actor {
        case .service(let name, let token):
            line.appendMember("service", name)
            if let token {
                line += ","
                line.appendMember("token_id", token.lowercasedText)
            }
        case .systemUser(let name):
            line.appendMember("system_user", name)
        }
        line += "}"
        let rest = [
            ("notification_id", self.notificationID), ("user_id", self.userID), ("event_type", self.eventType),
            ("service", self.service), ("token_id", self.tokenID?.lowercasedText),
            ("origin", self.origin), ("outcome", self.outcome), ("trace_id", self.traceID),
        ]
        for case (let name, let value?) in rest {
            line += ","
            line.appendMember(name, value)
        }
        line += "}\n"
        return line
    }
}

extension String {
    fileprivate mutating func appendMember(_ name: String, _ value: String) {
        self.appendJSON(name)
        self += ":"
        self.appendJSON(value)
    }
}
