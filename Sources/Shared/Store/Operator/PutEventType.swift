public import Notifications
internal import Postgres

/// Registers an event type, or changes the one of that name; a disabled one is enabled by it.
public enum PutEventType {
    /// Index: the primary key of `event_types`, `(name)`.
    private static let sql = """
        INSERT INTO event_types (name, label, on_by_default, critical) VALUES ($1, $2, $3, $4)
        ON CONFLICT (name) DO UPDATE SET
            label = excluded.label, on_by_default = excluded.on_by_default, critical = excluded.critical,
            disabled_at = NULL
        """

    public static func run(_ type: EventType, on store: some Querying) async throws {
        _ = try await store.query(
            PostgresStatement(
                Self.sql, [.text(type.name), .text(type.label), .bool(type.isOnByDefault), .bool(type.isCritical)]))
    }
}
