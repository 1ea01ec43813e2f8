public import Notifications
internal import Postgres

/// All registered event types, by name.
public enum LoadEventTypes {
    /// Index: none; the table is read whole, and is small.
    private static let sql = """
        SELECT name, label, on_by_default, critical, disabled_at IS NOT NULL AS disabled FROM event_types ORDER BY name
        """

    public static func run(on store: some Querying) async throws -> [EventType] {
        try await store.query(PostgresStatement(Self.sql)).map { row in
            EventType(
                name: try row.decode("name", as: String.self), label: try row.decode("label", as: String.self),
                isOnByDefault: try row.decode("on_by_default", as: Bool.self),
                isCritical: try row.decode("critical", as: Bool.self),
                isDisabled: try row.decode("disabled", as: Bool.self))
        }
    }
}
