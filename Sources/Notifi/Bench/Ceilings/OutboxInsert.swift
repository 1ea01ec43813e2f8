import Foundation
import Postgres

/// What Postgres takes of the outbox' rows, in batches as the router writes them, without the router: pgbench inserts the
/// very rows that it stored, from arrays that lie ready in a table.
enum OutboxInsert {
    /// The rows that are in the outbox now, a batch a row. Stored uncompressed: reading them back is not what is measured.
    private static func statements(_ batchSize: Int) -> [String] {
        [
            "DROP TABLE IF EXISTS bench_batches", "DROP SEQUENCE IF EXISTS bench_batch",
            """
            CREATE TABLE bench_batches (
                batch int PRIMARY KEY, shards int4[], ids uuid[], dues timestamptz[], services uuid[], users text[],
                revisions int4[], accepted timestamptz[], traces text[], payloads bytea[])
            """,
        ]
            + ["ids", "dues", "services", "users", "accepted", "traces", "payloads"].map {
                "ALTER TABLE bench_batches ALTER COLUMN \($0) SET STORAGE EXTERNAL"
            } + [
                """
                INSERT INTO bench_batches
                SELECT (place - 1) / \(batchSize), array_agg(shard), array_agg(id), array_agg(due_at),
                    array_agg(service_id), array_agg(user_id), array_agg(revision), array_agg(accepted_at),
                    array_agg(traceparent), array_agg(payload)
                FROM (SELECT row_number() OVER (ORDER BY id) AS place, outbox.* FROM outbox) AS numbered GROUP BY 1
                """,
                "CREATE SEQUENCE bench_batch MINVALUE 0", "TRUNCATE outbox", "ANALYZE bench_batches", "CHECKPOINT",
            ]
    }

    private static let script = """
        INSERT INTO outbox (shard, id, due_at, service_id, user_id, revision, accepted_at, traceparent, payload)
        SELECT n.* FROM bench_batches b, unnest(
            b.shards, b.ids, b.dues, b.services, b.users, b.revisions, b.accepted, b.traces, b.payloads) AS n
        WHERE b.batch = (SELECT nextval('bench_batch')::int4) ON CONFLICT DO NOTHING;
        """

    /// - Parameters:
    ///   - count: the rows that are in the outbox; they are there again afterwards.
    ///   - clients: connections, which take the batches in turn.
    /// - Returns: rows a second.
    static func measure(
        _ count: Int, batchSize: Int, clients: Int = 1, on site: BenchSite
    ) async throws -> Double {
        let batches = count / batchSize
        try await site.withPool { pool in
            try await pool.withConnection { connection in
                for statement in self.statements(batchSize) {
                    _ = try await connection.query(PostgresStatement(statement))
                }
            }
        }
        let outcome = try await Pgbench(url: site.postgresURL, folder: site.bench.folder)
            .run(self.script, clients: clients, transactions: batches / clients)
        guard try await site.countOutbox() == batches * batchSize else {
            throw CommandFailure("pgbench did not insert every row")
        }
        return outcome.transactionsPerSecond * Double(batchSize)
    }
}
