public import Notifications
internal import Postgres

/// Deletes dead letters that somebody has settled, and whose trail is over. Open ones stay, however old: what was accepted
/// is not let go of by a clock, but by an operator who discards it. What they did is told for as long as any other trail.
public enum PruneDeadLetters {
    /// Index: `dead_letters_over (settled_at) WHERE settled IS NOT NULL`; then the rows by where they are.
    static let sql = """
        DELETE FROM dead_letters l WHERE l.ctid = ANY (ARRAY(
            SELECT d.ctid FROM dead_letters d WHERE d.settled_at < $1 AND d.settled IS NOT NULL
            ORDER BY d.settled_at LIMIT $2 FOR UPDATE SKIP LOCKED))
        """

    /// - Returns: how many are gone, at most `limit`.
    public static func run(before cutoff: Instant, limit: Int, on store: some Querying) async throws -> Int {
        try await store.query(PostgresStatement(Self.sql, [.instant(cutoff), .int8(Int64(limit))])).affected
    }
}
