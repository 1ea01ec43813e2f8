public import FoundationEssentials
public import Notifications
internal import Postgres

/// The first half of a cancel: from its commit on no read by anyone returns the notification.
public enum PutTombstone {
    /// Index: the primary key of `cancellations`, `(id, service_id)`: a service can only ever hit its own.
    private static let sql = "INSERT INTO cancellations (id, service_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"

    /// It has to be committed before `DecideCancel` looks: what is not in the inbox then never becomes visible.
    public static func run(_ id: NotificationID, of service: UUID, on store: some Querying) async throws {
        _ = try await store.query(PostgresStatement(Self.sql, [.uuid(id.uuid), .uuid(service)]))
    }
}
