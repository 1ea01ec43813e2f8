import Foundation
public import Notifications

extension Instant {
    /// This machine's clock. It dates what is accepted; what is *due* is decided by Postgres' clock alone.
    public static var now: Instant {
        Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }
}
