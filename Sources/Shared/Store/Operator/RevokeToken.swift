public import FoundationEssentials
internal import Postgres

/// Ends a token. Running APIs stop honouring it within 5 seconds.
public enum RevokeToken {
    /// Index: the primary key of `tokens`, `(id)`.
    private static let sql = """
        UPDATE tokens SET revoked_at = coalesce(revoked_at, clock_timestamp()) WHERE id = $1 RETURNING id
        """

    /// - Returns: false where there is no such token. Revoking it again changes nothing.
    public static func run(_ id: UUID, on store: some Querying) async throws -> Bool {
        try await !store.query(PostgresStatement(Self.sql, [.uuid(id)])).isEmpty
    }
}
