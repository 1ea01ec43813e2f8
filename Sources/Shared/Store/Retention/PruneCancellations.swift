internal import FoundationEssentials
public import Notifications
public import Postgres

/// Takes tombstones away, well after what they hide has left the inbox and every topic. One that is not decided stays.
public enum PruneCancellations {
    /// Index: `cancellations_old (requested_at) WHERE answer IS NOT NULL`.
    static let find = """
        SELECT c.id, c.service_id FROM cancellations c
        WHERE c.requested_at < $1 AND c.answer IS NOT NULL
          -- A derived id may be cancelled long before anything is sent under it.
          AND (c.accepted_at IS NULL OR c.accepted_at < $1)
        ORDER BY c.requested_at
        LIMIT $2
        FOR UPDATE SKIP LOCKED
        """

    /// Index: the primary key of `outbox`, `(shard, id)`. The cancel may have met the row while somebody held it, and it
    /// may be due in years: without the tombstone it would be delivered then.
    private static let takeOut = """
        DELETE FROM outbox o
        USING (
            SELECT d.shard, d.id FROM unnest($1::uuid[], $2::uuid[], $3::int4[]) AS n (id, service_id, shard)
            JOIN outbox d ON d.shard = n.shard AND d.id = n.id AND d.service_id = n.service_id
            FOR UPDATE OF d SKIP LOCKED) AS found
        WHERE o.shard = found.shard AND o.id = found.id
        """

    /// Index: the primary key of `cancellations`, `(id, service_id)`. A row that is held right now keeps its tombstone.
    private static let delete = """
        DELETE FROM cancellations c
        USING unnest($1::uuid[], $2::uuid[], $3::int4[]) AS n (id, service_id, shard)
        WHERE c.id = n.id AND c.service_id = n.service_id
          AND NOT EXISTS (
            SELECT FROM outbox o WHERE o.shard = n.shard AND o.id = n.id AND o.service_id = n.service_id)
        RETURNING c.id, c.service_id
        """

    /// Index: `idempotency_keys_by_id (service_id, id)`. It was given to what is cancelled; without the tombstone it
    /// would seem to be on its way still.
    private static let forgetKeys = """
        DELETE FROM idempotency_keys k USING unnest($1::uuid[], $2::uuid[]) AS n (id, service_id)
        WHERE k.service_id = n.service_id AND k.id = n.id
        """

    /// Index: the primary key of `reschedules`, `(id, service_id)`.
    private static let forgetRevisions = """
        DELETE FROM reschedules r USING unnest($1::uuid[], $2::uuid[]) AS n (id, service_id)
        WHERE r.id = n.id AND r.service_id = n.service_id
        """

    /// - Parameters:
    ///   - cutoff: the cancel was asked for before it.
    ///   - limit: at most so many.
    /// - Returns: how many are gone.
    public static func run(
        before cutoff: Instant, limit: Int, shards: Int32, on pool: PostgresPool
    ) async throws -> Int {
        try await pool.transaction { connection in
            let rows = try await connection.query(
                PostgresStatement(Self.find, [.instant(cutoff), .int8(Int64(limit))]))
            guard !rows.isEmpty else { return 0 }
            let ids = try rows.map { try $0.id("id") }
            let keys: [PostgresValue] = [
                .ids(ids), .uuidArray(try rows.map { try $0.decode("service_id", as: UUID.self) }),
                .int4Array(ids.map { $0.shard(of: shards) }),
            ]
            _ = try await connection.query(PostgresStatement(Self.takeOut, keys))
            let gone = try await connection.query(PostgresStatement(Self.delete, keys))
            let goneKeys: [PostgresValue] = [
                .ids(try gone.map { try $0.id("id") }),
                .uuidArray(try gone.map { try $0.decode("service_id", as: UUID.self) }),
            ]
            _ = try await connection.query(PostgresStatement(Self.forgetKeys, goneKeys))
            _ = try await connection.query(PostgresStatement(Self.forgetRevisions, goneKeys))
            return gone.count
        }
    }
}
