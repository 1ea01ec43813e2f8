/// One thing wrong with an input: where (a JSON pointer, RFC 6901), a stable code, and a sentence for people.
public struct Fault: Sendable, Hashable {
    public let pointer: String
    public let code: Code
    public let detail: String

    public init(_ pointer: String, _ code: Code, _ detail: String) {
        self.pointer = pointer
        self.code = code
        self.detail = detail
    }

    public enum Code: String, Sendable, CaseIterable {
        case required
        case wrongType = "wrong_type"
        case unknownMember = "unknown_member"
        case duplicateMember = "duplicate_member"
        case tooLong = "too_long"
        case empty
        case controlCharacter = "control_character"
        case unknownEventType = "unknown_event_type"
        case disabledEventType = "disabled_event_type"
        case criticalEventType = "critical_event_type"
        case unknownPriority = "unknown_priority"
        case badTime = "bad_time"
        case inThePast = "in_the_past"
        case beforeDue = "before_due"
        case badURL = "bad_url"
        case hostNotAllowed = "host_not_allowed"
        case badKey = "bad_key"
        case tooMany = "too_many"
        case duplicate
    }
}

/// `name` as one token of a JSON pointer.
func pointer(_ name: String) -> String {
    name.unicodeScalars.reduce(into: "/") { token, scalar in
        switch scalar {
        case "~": token += "~0"
        case "/": token += "~1"
        default: token.unicodeScalars.append(scalar)
        }
    }
}
