public import Postgres

/// Who of the erased has come to be in the database again. Of them only the hash is known, so that everybody's id is
/// hashed: once for all erasures that are due, which is rare.
public enum FindErasedUsers {
    /// Index: none can serve; each table is read once.
    private static let sql = """
        SELECT n.user_id, n.user_hash FROM (
            SELECT s.user_id, sha256(convert_to(s.user_id, 'UTF8')) AS user_hash FROM (
                SELECT user_id FROM inbox_heads UNION SELECT user_id FROM outbox
                UNION SELECT user_id FROM idempotency_keys UNION SELECT user_id FROM preferences
                UNION SELECT user_id FROM cancellations WHERE user_id IS NOT NULL
                UNION SELECT user_id FROM dead_letters WHERE user_id IS NOT NULL
                UNION SELECT user_id FROM inbox_requests) AS s
            UNION
            SELECT e.user_id, d.user_hash
            FROM (SELECT DISTINCT record_key, sha256(record_key) AS user_hash FROM dead_letters) AS d
            CROSS JOIN LATERAL (SELECT convert_from(d.record_key, 'UTF8') AS user_id) AS e
            WHERE d.user_hash = ANY ($1)) AS n
        WHERE n.user_hash = ANY ($1)
        """

    /// - Parameter session: the keeper's, for it may take a minute or two.
    public static func run(
        _ hashes: [[UInt8]], on session: PostgresConnection
    ) async throws -> [(userID: String, userHash: [UInt8])] {
        guard !hashes.isEmpty else { return [] }
        return try await session.transaction { connection in
            try await connection.execute(script: "SET LOCAL statement_timeout = '\(KeeperSession.longestSeconds)s'")
            return try await connection.query(PostgresStatement(Self.sql, [.byteaArray(hashes)])).map {
                (try $0.decode("user_id", as: String.self), try $0.decode("user_hash", as: [UInt8].self))
            }
        }
    }
}
