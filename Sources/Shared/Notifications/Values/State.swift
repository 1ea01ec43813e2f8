/// Where a notification stands, for its recipient. From `accepted` on it ends in exactly one of the final ones (P1).
public enum State: Sendable, Hashable, CustomStringConvertible {
    case accepted
    case scheduled
    case claimed
    case delivered
    case read
    case cancelled
    case recalled
    case expired
    case suppressed(reason: String)
    case deadLettered

    /// Reads what `description` wrote; `nil` for anything else. A reason is of small letters and hyphens.
    public init?(_ text: String) {
        switch text {
        case "accepted": self = .accepted
        case "scheduled": self = .scheduled
        case "claimed": self = .claimed
        case "delivered": self = .delivered
        case "read": self = .read
        case "cancelled": self = .cancelled
        case "recalled": self = .recalled
        case "expired": self = .expired
        case "dead-lettered": self = .deadLettered
        default:
            guard text.hasPrefix("suppressed:") else { return nil }
            let reason = String(text.dropFirst("suppressed:".count))
            guard !reason.isEmpty, reason.utf8.allSatisfy({ $0 == 0x2D || (0x61...0x7A).contains($0) }) else {
                return nil
            }
            self = .suppressed(reason: reason)
        }
    }

    public var description: String {
        switch self {
        case .accepted: "accepted"
        case .scheduled: "scheduled"
        case .claimed: "claimed"
        case .delivered: "delivered"
        case .read: "read"
        case .cancelled: "cancelled"
        case .recalled: "recalled"
        case .expired: "expired"
        case .suppressed(let reason): "suppressed:\(reason)"
        case .deadLettered: "dead-lettered"
        }
    }

    /// True for the states that nothing follows. `read` is a `delivered` that somebody has looked at.
    public var isFinal: Bool {
        switch self {
        case .accepted, .scheduled, .claimed: false
        default: true
        }
    }
}
