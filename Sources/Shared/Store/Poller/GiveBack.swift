internal import Notifications
internal import Postgres

/// Puts rows that a claim has taken out back as they were, in the claim's own transaction: what could not be published
/// stays, and what could goes.
public enum GiveBack {
    /// Index: the primary key of `outbox`, `(shard, id)`. There is no conflict: the transaction has deleted these rows
    /// itself, and whoever stores the same one again waits for it.
    private static let sql = """
        INSERT INTO outbox (
            shard, id, due_at, service_id, user_id, revision, accepted_at, scheduled_at, traceparent, payload)
        SELECT $1, n.id, n.due_at, n.service_id, n.user_id, n.revision, n.accepted_at, n.scheduled_at, n.traceparent,
            n.payload
        FROM unnest($2::uuid[], $3::timestamptz[], $4::uuid[], $5::text[], $6::int4[], $7::timestamptz[],
            $8::timestamptz[], $9::text[], $10::bytea[])
            AS n (id, due_at, service_id, user_id, revision, accepted_at, scheduled_at, traceparent, payload)
        """

    /// - Parameters:
    ///   - rows: of this shard, claimed by this very transaction.
    ///   - store: the claim's connection.
    public static func run(_ rows: [ClaimDue.Row], shard: Int32, on store: some Querying) async throws {
        guard !rows.isEmpty else { return }
        _ = try await store.query(
            PostgresStatement(
                Self.sql,
                [
                    .int4(shard), .uuidArray(rows.map(\.id.uuid)), .instants(rows.map(\.dueAt)),
                    .uuidArray(rows.map(\.service)), .textArray(rows.map(\.userID)), .int4Array(rows.map(\.revision)),
                    .instants(rows.map(\.acceptedAt)), .instants(rows.map(\.scheduledAt)),
                    .textArray(rows.map(\.traceparent)), .byteaArray(rows.map(\.payload)),
                ]))
    }
}
