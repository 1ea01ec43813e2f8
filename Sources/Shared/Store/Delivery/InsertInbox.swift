public import Notifications
internal import Postgres

/// Writes what becomes of each notification into the inbox: one row a decision.
public enum InsertInbox {
    /// Index: the primary key of `inbox`, `(user_id, id, due_at)`, lets a redelivery find its decision and change
    /// nothing (P2). The primary keys of `cancellations` and `reschedules`, `(id, service_id)`, drop what has a tombstone
    /// or a newer revision.
    private static let sql = """
        INSERT INTO inbox (
            user_id, id, due_at, state, seq, service_id, event_type, priority, title, message, action_url, data,
            scheduled, revision, expires_at, accepted_at, claimed_at, traceparent)
        SELECT n.user_id, n.id, n.due_at,
            CASE WHEN n.expires_at <= clock_timestamp() THEN 'expired' ELSE 'delivered' END,
            n.seq, n.service_id, n.event_type, n.priority, n.title, n.message, n.action_url, n.data, n.scheduled,
            n.revision, n.expires_at, n.accepted_at, n.claimed_at, n.traceparent
        FROM unnest(
                $1::text[], $2::uuid[], $3::timestamptz[], $4::int8[], $5::uuid[], $6::text[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::text[], $12::bool[], $13::int4[], $14::timestamptz[], $15::timestamptz[],
                $16::timestamptz[], $17::text[])
            AS n (
                user_id, id, due_at, seq, service_id, event_type, priority, title, message, action_url, data,
                scheduled, revision, expires_at, accepted_at, claimed_at, traceparent)
        WHERE NOT EXISTS (SELECT FROM cancellations c WHERE c.id = n.id AND c.service_id = n.service_id)
          AND NOT EXISTS (
            SELECT FROM reschedules r WHERE r.id = n.id AND r.service_id = n.service_id AND r.revision > n.revision)
        ON CONFLICT DO NOTHING
        RETURNING id, state, due_at, delivered_at
        """

    /// A row that was not there before.
    public struct Written: Sendable {
        public let id: NotificationID
        public let isDelivered: Bool
        public let dueAt: Instant
        public let deliveredAt: Instant
    }

    /// - Parameter rows: each with its number from `TakeSeqs`, taken in the same transaction.
    /// - Returns: what is new. What is missing there was decided before, has a tombstone, or was rescheduled.
    public static func run(
        _ rows: [(notification: Notification, seq: Int64)], on store: some Querying
    ) async throws -> [Written] {
        guard !rows.isEmpty else { return [] }
        let all = rows.map(\.notification)
        return try await store.query(
            PostgresStatement(
                Self.sql,
                [
                    .textArray(all.map(\.userID)), .ids(all.map(\.id)), .instants(all.map(\.dueAt)),
                    .int8Array(rows.map(\.seq)), .uuidArray(all.map(\.service)),
                    .textArray(all.map(\.content.eventType)), .textArray(all.map(\.content.priority.rawValue)),
                    .textArray(all.map(\.content.title)), .textArray(all.map(\.content.message)),
                    .textArray(all.map(\.content.actionURL)), .textArray(all.map(\.content.data)),
                    .boolArray(all.map(\.isScheduled)), .int4Array(all.map(\.revision)),
                    .instants(all.map(\.expiresAt)), .instants(all.map(\.acceptedAt)),
                    .instants(all.map(\.claimedAt)), .textArray(all.map { $0.trace?.description }),
                ])
        ).map {
            Written(
                id: try $0.id("id"), isDelivered: try $0.decode("state", as: String.self) == "delivered",
                dueAt: try $0.instant("due_at"), deliveredAt: try $0.instant("delivered_at"))
        }
    }
}
