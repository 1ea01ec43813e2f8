public import Notifications
internal import Postgres

/// Deletes what the replicas of the API told each other about minutes that are over.
public enum PruneTokenUsage {
    /// Index: none; with an hour of it the table is small.
    private static let sql = """
        DELETE FROM token_usage u WHERE u.ctid = ANY (ARRAY(
            SELECT d.ctid FROM token_usage d WHERE d.minute < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
        """

    /// - Returns: how many are gone, at most `limit`.
    public static func run(before cutoff: Instant, limit: Int, on store: some Querying) async throws -> Int {
        try await store.query(PostgresStatement(Self.sql, [.instant(cutoff), .int8(Int64(limit))])).affected
    }
}
