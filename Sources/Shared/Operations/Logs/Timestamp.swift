import Foundation
import Notifications

/// Points in time as logs, health and metrics show them.
enum Timestamp {
    static func now() -> String {
        self.text(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }

    /// RFC 3339 in UTC with six digits after the second.
    static func text(microseconds: Int64) -> String { Instant(microseconds: microseconds).description }
}
