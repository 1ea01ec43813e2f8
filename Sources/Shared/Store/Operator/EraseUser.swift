public import Notifications
public import Postgres

/// Erases a person: all that Postgres holds of them goes, and what is still under way never appears.
public enum EraseUser {
    /// Index: the primary key of `erased_users`, `(user_hash)`. Erasing again moves the times forward.
    ///
    /// The caller's clock counts too: what a machine ahead of Postgres has accepted so far is of before. But no more than
    /// ten seconds: by a clock that is a year ahead, all that is sent within that year would vanish.
    private static let sql = """
        INSERT INTO erased_users AS e (user_hash, erased_at, sweep_at)
        SELECT sha256(convert_to($1, 'UTF8')), n.at, n.at + make_interval(days => $3)
        FROM (SELECT greatest(clock_timestamp(), least($2, clock_timestamp() + interval '10 s')) AS at) AS n
        ON CONFLICT (user_hash) DO UPDATE SET
            erased_at = greatest(e.erased_at, excluded.erased_at), sweep_at = greatest(e.sweep_at, excluded.sweep_at),
            swept_at = NULL, cleared_at = NULL
        RETURNING erased_at, sweep_at
        """

    public struct Receipt: Sendable {
        public let erasedAt: Instant
        /// When the topics hold nothing of before any more; then what they brought back is swept once more.
        public let sweepAt: Instant
        public let removed: SweepUser.Removed
        /// To be announced, so that no cache confirms an old page; `nil` where there was no inbox.
        public let version: Int64?
    }

    /// The tombstone is committed before anything is swept: router and delivery then let nothing pass any more that was
    /// accepted until then. A statement that began before it may yet store what this sweep has not met: the keeper sweeps
    /// once more at its next look, a minute later at the earliest, when no such statement can be running any more. Repeating
    /// it is safe, and finishes what a crash left.
    ///
    /// - Parameters:
    ///   - now: the caller's clock.
    ///   - topicRetentionDays: how long the topics keep messages.
    public static func run(
        _ userID: String, now: Instant, topicRetentionDays: Int, on pool: PostgresPool
    ) async throws -> Receipt {
        let row = try await pool.query(
            PostgresStatement(
                Self.sql, [.text(userID), .instant(now), .int4(Int32(clamping: topicRetentionDays))]))[0]
        let (erasedAt, sweepAt) = (try row.instant("erased_at"), try row.instant("sweep_at"))
        let swept = try await SweepUser.run(userID, upTo: erasedAt, on: pool)
        return Receipt(erasedAt: erasedAt, sweepAt: sweepAt, removed: swept.removed, version: swept.version)
    }
}
