public import Notifications
internal import Postgres

/// Remembers a look at the clocks for the next one.
public enum NoteLook {
    /// Index: the primary key of `retention_looks`.
    private static let sql = """
        INSERT INTO retention_looks (looked_at, steady_since) VALUES ($1, $2)
        ON CONFLICT (single) DO UPDATE SET looked_at = excluded.looked_at, steady_since = excluded.steady_since
        """

    public static func run(_ look: RetentionPlan.Look, on store: some Querying) async throws {
        _ = try await store.query(PostgresStatement(Self.sql, [.instant(look.at), .instant(look.steadySince)]))
    }
}
