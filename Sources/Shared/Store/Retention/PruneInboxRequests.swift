public import Notifications
internal import Postgres

/// Deletes the counts of users who have not asked for a while.
public enum PruneInboxRequests {
    /// Index: none. One on the minute would make each request's update write a new index entry; the table is narrow, and
    /// it is read once an hour.
    private static let sql = """
        DELETE FROM inbox_requests r WHERE r.ctid = ANY (ARRAY(
            SELECT d.ctid FROM inbox_requests d WHERE d.minute < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
        """

    /// - Returns: how many are gone, at most `limit`.
    public static func run(before cutoff: Instant, limit: Int, on store: some Querying) async throws -> Int {
        try await store.query(PostgresStatement(Self.sql, [.instant(cutoff), .int8(Int64(limit))])).affected
    }
}
