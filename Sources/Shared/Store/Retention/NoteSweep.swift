internal import Postgres

/// Remembers that an erasure was swept.
public enum NoteSweep {
    /// Index: the primary key of `erased_users`, `(user_hash)`. Not if the user was erased once more meanwhile.
    ///
    /// The row stays for good: it is all that stops what comes back later than anybody thought, out of a backup say or
    /// from a sender's machine that was away; and it is the proof, which names nobody.
    private static let sql = """
        UPDATE erased_users SET
            cleared_at = coalesce(cleared_at, clock_timestamp()),
            swept_at = CASE WHEN $3 THEN clock_timestamp() ELSE swept_at END
        WHERE user_hash = $1 AND erased_at = $2
        """

    public static func run(_ erasure: FindDueErasures.Erasure, on store: some Querying) async throws {
        _ = try await store.query(
            PostgresStatement(
                Self.sql, [.bytea(erasure.userHash), .instant(erasure.erasedAt), .bool(erasure.isLast)]))
    }
}
