public import Notifications
public import Postgres

/// Deletes what Postgres holds of an erased user up to a time, in transactions of bounded size.
public enum SweepUser {
    /// How many rows are gone, by their kind.
    public struct Removed: Sendable, Hashable {
        public var notifications = 0
        public var scheduled = 0
        public var preferences = 0
        public var idempotencyKeys = 0
        public var cancellations = 0
        public var reschedules = 0
        public var deadLetters = 0
        public var requestCounts = 0

        public init() {}

        public var total: Int {
            self.notifications + self.scheduled + self.preferences + self.idempotencyKeys + self.cancellations
                + self.reschedules + self.deadLetters + self.requestCounts
        }

        static func += (left: inout Removed, right: Removed) {
            left.notifications += right.notifications
            left.scheduled += right.scheduled
            left.preferences += right.preferences
            left.idempotencyKeys += right.idempotencyKeys
            left.cancellations += right.cancellations
            left.reschedules += right.reschedules
            left.deadLetters += right.deadLetters
            left.requestCounts += right.requestCounts
        }
    }

    static let chunk = 1_000

    /// The head's lock is taken in each transaction: a delivery that began before the tombstone was committed is over by
    /// then, and what it wrote is met.
    ///
    /// - Parameters:
    ///   - instant: what was accepted, or changed, after it stays.
    ///   - pool: it runs in transactions of its own. Those that lose a deadlock are run again.
    /// - Returns: what is gone; and the version that the inbox has by it, `nil` where there was none.
    public static func run(
        _ userID: String, upTo instant: Instant, on pool: PostgresPool
    ) async throws -> (removed: Removed, version: Int64?) {
        var removed = Removed()
        var version: Int64?
        var conflicts = 0
        while true {
            do {
                let part = try await pool.transaction { connection in
                    try await SweepPart(userID: userID, instant: instant, limit: Self.chunk).run(on: connection)
                }
                removed += part.removed
                version = part.version ?? version
                if part.removed.total == 0 { return (removed, version) }
            } catch let error as PostgresError where error.isTransactionConflict && conflicts < 5 {
                conflicts += 1
            }
        }
    }
}
