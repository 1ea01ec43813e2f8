public import FoundationEssentials
public import Notifications
public import Postgres

/// Gives a scheduled notification another time, as long as nobody has claimed it.
public enum Reschedule {
    /// Index: the primary key of `outbox`, `(shard, id)`. `SKIP LOCKED` leaves a claimed row alone, and one that is due
    /// is a poller's: nothing published can be rescheduled. The tombstone is looked for in the same statement.
    private static let move = """
        UPDATE outbox o SET due_at = $4, revision = o.revision + 1
        WHERE o.shard = $1 AND o.id IN (
            SELECT d.id FROM outbox d
            WHERE d.shard = $1 AND d.id = $2 AND d.service_id = $3 AND d.due_at > (SELECT clock_timestamp())
            FOR UPDATE SKIP LOCKED)
          AND NOT EXISTS (SELECT FROM cancellations c WHERE c.id = $2 AND c.service_id = $3)
        RETURNING o.revision
        """

    /// Index: the primary key of `reschedules`, `(id, service_id)`. From its commit on, events below this revision are
    /// dropped by router and delivery, so that a redelivered request cannot bring the old time back.
    private static let record = """
        INSERT INTO reschedules (id, service_id, revision, due_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (id, service_id) DO UPDATE
            SET revision = excluded.revision, rescheduled_at = clock_timestamp(), due_at = excluded.due_at
            WHERE reschedules.revision < excluded.revision
        """

    /// Index: `idempotency_keys_by_id (service_id, id)`. A key lives as long as what it was given to.
    private static let keep = "UPDATE idempotency_keys SET due_at = $3 WHERE service_id = $1 AND id = $2"

    /// - Parameter pool: it runs in a transaction of its own, which also wakes the pollers.
    /// - Returns: the new revision; `nil` where there is no such row, or it is claimed, due or cancelled.
    public static func run(
        _ id: NotificationID, of service: UUID, to dueAt: Instant, shards: Int32, on pool: PostgresPool
    ) async throws -> Int32? {
        let shard = id.shard(of: shards)
        return try await pool.transaction { connection in
            let revision = try await connection.query(
                PostgresStatement(Self.move, [.int4(shard), .uuid(id.uuid), .uuid(service), .instant(dueAt)])
            ).first?.decode("revision", as: Int32.self)
            guard let revision else { return nil }
            _ = try await connection.query(
                PostgresStatement(Self.record, [.uuid(id.uuid), .uuid(service), .int4(revision), .instant(dueAt)]))
            // Only an id that was derived from a key is without a time.
            if id.acceptedAt == nil {
                _ = try await connection.query(
                    PostgresStatement(Self.keep, [.uuid(service), .uuid(id.uuid), .instant(dueAt)]))
            }
            try await WakePollers.run(Wake(earliest: [shard: dueAt]), on: connection)
            return revision
        }
    }
}
