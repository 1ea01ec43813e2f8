public import Notifications
internal import Postgres

/// Erasures that still have to be swept: those that the keeper has not swept since they began, and those whose last sweep
/// is due.
public enum FindDueErasures {
    /// Index: `erased_users_unswept (sweep_at) WHERE swept_at IS NULL`. What began before the
    /// tombstone is over a minute later.
    private static let sql = """
        SELECT user_hash, erased_at, sweep_at <= $1 AS is_last FROM erased_users
        WHERE swept_at IS NULL AND (sweep_at <= $1 OR (cleared_at IS NULL AND erased_at < $1 - interval '1 min'))
        ORDER BY sweep_at
        LIMIT $2
        """

    public struct Erasure: Sendable, Hashable {
        public let userHash: [UInt8]
        public let erasedAt: Instant
        /// The topics hold nothing of before any more.
        public let isLast: Bool
    }

    public static func run(at now: Instant, limit: Int, on store: some Querying) async throws -> [Erasure] {
        try await store.query(PostgresStatement(Self.sql, [.instant(now), .int8(Int64(limit))])).map { row in
            Erasure(
                userHash: try row.decode("user_hash", as: [UInt8].self), erasedAt: try row.instant("erased_at"),
                isLast: try row.decode("is_last", as: Bool.self))
        }
    }
}
