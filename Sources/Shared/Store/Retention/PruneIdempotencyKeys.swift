internal import FoundationEssentials
public import Notifications
public import Postgres

/// Forgets Idempotency-Keys that are no longer honoured, and what they were given to is gone.
public enum PruneIdempotencyKeys {
    /// Index: `idempotency_keys_old (greatest(accepted_at, due_at))`; the primary keys of `cancellations` and
    /// `reschedules`, `(id, service_id)`. A key gives its id again when it is used again, and what has that id would meet
    /// the tombstone, or the revision, of before: so it stays as long as these, and a repeat is told as one until then.
    static let find = """
        SELECT k.user_id, k.id FROM idempotency_keys k
        WHERE greatest(k.accepted_at, k.due_at) < $1
          AND (SELECT 1 FROM cancellations c WHERE c.id = k.id AND c.service_id = k.service_id LIMIT 1) IS NULL
          AND (SELECT 1 FROM reschedules r WHERE r.id = k.id AND r.service_id = k.service_id LIMIT 1) IS NULL
        ORDER BY greatest(k.accepted_at, k.due_at)
        LIMIT $2
        FOR UPDATE OF k SKIP LOCKED
        """

    /// Index: the primary keys of `idempotency_keys`, `(user_id, id)`, and of `outbox`, `(shard, id)`. What is still
    /// pending, however late, keeps its key.
    private static let delete = """
        DELETE FROM idempotency_keys k
        USING unnest($1::text[], $2::uuid[], $3::int4[]) AS n (user_id, id, shard)
        WHERE k.user_id = n.user_id AND k.id = n.id
          AND NOT EXISTS (SELECT FROM outbox o WHERE o.shard = n.shard AND o.id = n.id)
        """

    /// - Parameters:
    ///   - cutoff: the later one of acceptance and due time is before it.
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
            return try await connection.query(
                PostgresStatement(
                    Self.delete,
                    [
                        .textArray(try rows.map { try $0.decode("user_id", as: String.self) }), .ids(ids),
                        .int4Array(ids.map { $0.shard(of: shards) }),
                    ])
            ).affected
        }
    }
}
