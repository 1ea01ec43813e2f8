internal import Postgres

/// Has the API refuse an event type from now on. What was accepted before is still delivered.
public enum DisableEventType {
    /// Index: the primary key of `event_types`, `(name)`.
    private static let sql = """
        UPDATE event_types SET disabled_at = coalesce(disabled_at, clock_timestamp()) WHERE name = $1 RETURNING name
        """

    /// - Returns: false where there is none of this name.
    public static func run(_ name: String, on store: some Querying) async throws -> Bool {
        try await !store.query(PostgresStatement(Self.sql, [.text(name)])).isEmpty
    }
}
