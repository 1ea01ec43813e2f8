public import Notifications
internal import Postgres

/// Stores what is to be delivered later, for a poller to claim when it is due.
public enum InsertOutbox {
    /// Index: the primary key of `outbox`, `(shard, id)`, decides about a redelivery that is still pending; the primary
    /// keys of `cancellations` and `reschedules`, `(id, service_id)`, drop what was cancelled, or came back after it had
    /// been rescheduled, claimed and deleted; that of `erased_users` what belongs to an erased user.
    private static let sql = """
        WITH stored AS (
        INSERT INTO outbox (shard, id, due_at, service_id, user_id, revision, accepted_at, traceparent, payload)
        SELECT n.shard, n.id, n.due_at, n.service_id, n.user_id, n.revision, n.accepted_at, n.traceparent, n.payload
        FROM unnest($1::int4[], $2::uuid[], $3::timestamptz[], $4::uuid[], $5::text[], $6::int4[], $7::timestamptz[],
                    $8::text[], $9::bytea[])
            AS n (shard, id, due_at, service_id, user_id, revision, accepted_at, traceparent, payload)
        WHERE NOT EXISTS (SELECT FROM cancellations c WHERE c.id = n.id AND c.service_id = n.service_id)
          AND NOT EXISTS (
            SELECT FROM reschedules r WHERE r.id = n.id AND r.service_id = n.service_id AND r.revision > n.revision)
          AND \(ErasedUser.isNot("n.user_id", acceptedAt: "n.accepted_at"))
        ORDER BY n.shard, n.id
        ON CONFLICT DO NOTHING
        RETURNING id)
        SELECT count(*) AS count, clock_timestamp() AS now FROM stored
        """

    /// One to store.
    public struct Row: Sendable {
        public let notification: Notification
        /// The notification as it travels.
        public let payload: [UInt8]
        public let shard: Int32

        public init(notification: Notification, payload: [UInt8], shard: Int32) {
            self.notification = notification
            self.payload = payload
            self.shard = shard
        }
    }

    /// What came of it.
    public struct Stored: Sendable {
        /// How many were new.
        public let count: Int
        /// Postgres' clock, by which alone is decided what is due soon.
        public let now: Instant
    }

    static func statement(_ rows: [Row]) -> PostgresStatement {
        let notifications = rows.map(\.notification)
        return PostgresStatement(
            Self.sql,
            [
                .int4Array(rows.map(\.shard)), .ids(notifications.map(\.id)),
                .instants(notifications.map(\.dueAt)), .uuidArray(notifications.map(\.service)),
                .textArray(notifications.map(\.userID)), .int4Array(notifications.map(\.revision)),
                .instants(notifications.map(\.acceptedAt)),
                .textArray(notifications.map { $0.trace?.description }), .byteaArray(rows.map(\.payload)),
            ])
    }

    public static func run(_ rows: [Row], on store: some Querying) async throws -> Stored {
        let answer = try await store.query(Self.statement(rows))[0]
        return Stored(count: try answer.decode("count", as: Int.self), now: try answer.instant("now"))
    }
}
