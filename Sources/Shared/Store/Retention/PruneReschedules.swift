internal import FoundationEssentials
public import Notifications
public import Postgres

/// Forgets which revision of a rescheduled notification was the last, once it is gone and nothing can bring it back.
public enum PruneReschedules {
    /// Index: `reschedules_old (greatest(rescheduled_at, due_at))`.
    static let find = """
        SELECT r.id, r.service_id FROM reschedules r
        WHERE greatest(r.rescheduled_at, r.due_at) < $1
        ORDER BY greatest(r.rescheduled_at, r.due_at)
        LIMIT $2
        FOR UPDATE SKIP LOCKED
        """

    /// Index: the primary keys of `reschedules`, `(id, service_id)`, and of `outbox`, `(shard, id)`.
    private static let delete = """
        DELETE FROM reschedules r
        USING unnest($1::uuid[], $2::uuid[], $3::int4[]) AS n (id, service_id, shard)
        WHERE r.id = n.id AND r.service_id = n.service_id
          AND NOT EXISTS (SELECT FROM outbox o WHERE o.shard = n.shard AND o.id = n.id)
        """

    /// - Parameters:
    ///   - cutoff: the later one of the rescheduling and the due time is before it.
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
                        .ids(ids), .uuidArray(try rows.map { try $0.decode("service_id", as: UUID.self) }),
                        .int4Array(ids.map { $0.shard(of: shards) }),
                    ])
            ).affected
        }
    }
}
