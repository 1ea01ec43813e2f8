public import Notifications
internal import Postgres

/// Keeps the record of what a tombstone stopped, wherever on its way it was met, so that lists and trails can show it.
public enum RecordCancelled {
    /// Index: the primary key of `cancellations`, `(id, service_id)`. Rows are locked in order, against deadlocks. That
    /// of `erased_users` leaves out what belongs to an erased user.
    private static let sql = """
        WITH met AS (
            SELECT n.*
            FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::bytea[])
                AS n (id, service_id, user_id, accepted_at, payload)
            JOIN cancellations c ON c.id = n.id AND c.service_id = n.service_id
            WHERE c.payload IS NULL
              AND \(ErasedUser.isNot("n.user_id", acceptedAt: "n.accepted_at"))
            ORDER BY n.id
            FOR UPDATE OF c
        )
        UPDATE cancellations c SET user_id = met.user_id, accepted_at = met.accepted_at, payload = met.payload
        FROM met
        WHERE c.id = met.id AND c.service_id = met.service_id AND c.payload IS NULL
        """

    /// - Parameter notifications: any, with their payloads; those without a tombstone are left alone.
    /// - Returns: how many had one that did not have its record yet.
    @discardableResult
    public static func run(
        _ notifications: [(notification: Notification, payload: [UInt8])], on store: some Querying
    ) async throws -> Int {
        guard !notifications.isEmpty else { return 0 }
        return try await store.query(
            PostgresStatement(
                Self.sql,
                [
                    .ids(notifications.map(\.notification.id)), .uuidArray(notifications.map(\.notification.service)),
                    .textArray(notifications.map(\.notification.userID)),
                    .instants(notifications.map(\.notification.acceptedAt)),
                    .byteaArray(notifications.map(\.payload)),
                ])
        ).affected
    }
}
