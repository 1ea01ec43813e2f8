import Foundation
import Notifications
import Postgres
import Store

/// Delivery's transaction alone, of pgbench: the very statements, with their arrays from a table that was filled before.
struct DeliveryCeiling: Sendable {
    let batchSize: Int
    /// What the daemon has by default.
    static let retentionDays = 30
    static let userLimit = 100

    /// The columns of a batch, in the order of the parameters of `InsertInbox`.
    private static let columns = [
        "user_id", "id", "due_at", "seq", "service_id", "event_type", "priority", "title", "message", "action_url",
        "data", "scheduled", "revision", "expires_at", "accepted_at", "claimed_at", "traceparent",
    ]

    /// Makes `count` notifications in batches, each a row of arrays.
    ///
    /// - Parameter mark: makes ids that no other mark has.
    func filling(_ count: Int, service: UUID, mark: String) -> String {
        let message = BenchTraffic.message(0).replacing("'", with: "''")
        let arrays = Self.columns.map { "array_agg(\($0) ORDER BY n) AS \($0)" }.joined(separator: ", ")
        let externals = ["user_id", "id", "message", "due_at", "accepted_at", "service_id"]
            .map { "ALTER COLUMN \($0) SET STORAGE EXTERNAL" }.joined(separator: ", ")
        return """
            DROP TABLE IF EXISTS bench_batches;
            CREATE TABLE bench_batches AS SELECT n / \(self.batchSize) AS number, \(arrays) FROM (
                SELECT n, 'user-' || n % \(BenchTraffic.defaultUsers) AS user_id,
                    (lpad(to_hex((extract(epoch FROM now()) * 1000)::int8 + n / 10), 12, '0') || '7'
                    || substr(md5('\(mark)' || n), 1, 3) || '8' || substr(md5('\(mark)' || n), 4, 15))::uuid AS id,
                    now() + n * interval '1 microsecond' AS due_at, n::int8 AS seq,
                    '\(service.uuidString)'::uuid AS service_id, 'status_change' AS event_type,
                    'normal' AS priority, NULL::text AS title, '\(message)' AS message, NULL::text AS action_url,
                    NULL::text AS data, false AS scheduled, 0 AS revision, NULL::timestamptz AS expires_at,
                    now() + n * interval '1 microsecond' AS accepted_at, NULL::timestamptz AS claimed_at,
                    '00-' || md5(n::text) || '-' || substr(md5(n::text), 1, 16) || '-01' AS traceparent
                FROM generate_series(0, \(count - 1)) AS n) rows GROUP BY 1;
            ALTER TABLE bench_batches \(externals), ADD PRIMARY KEY (number);
            """
    }

    /// The next batch of this client.
    private static let next = """
        \\set batch :batch + 1
        \\set number :batch * :clients + :client_id
        """

    /// The delivery of one batch, whole.
    static let transaction: String = {
        let inbox = Self.columns.map(Self.array) + ["\(Self.retentionDays)", "\(Self.userLimit)::int8"]
        return """
            \(Self.next)
            BEGIN;
            \(TakeSeqs.sql.filling([Self.array("user_id"), Self.array("accepted_at"), "NULL::int8"]));
            \(InsertInbox.sql.filling(inbox));
            COMMIT;

            """
    }()

    /// The same rows into the same table with all its indexes, and nothing decided.
    static let plainInsert: String = {
        let columns = Self.columns.joined(separator: ", ")
        let arrays = Self.columns.map { "\(Self.array($0))" }.joined(separator: ", ")
        return """
            \(Self.next)
            INSERT INTO inbox (\(columns), state) SELECT n.*, 'delivered' FROM unnest(\(arrays)) AS n (\(columns))
            ON CONFLICT DO NOTHING;

            """
    }()

    private static func array(_ column: String) -> String {
        "(SELECT b.\(column) FROM bench_batches b WHERE b.number = :number)"
    }

    /// - Parameter clients: connections, which take the batches in turn.
    /// - Returns: notifications a second, and how long each command took.
    func measure(
        _ script: String, _ site: BenchSite, count: Int, mark: String, clients: Int = 1
    ) async throws -> (rate: Double, commands: [Double]) {
        let sql = self.filling(count, service: site.service, mark: mark)
        let before = try await site.withPool { pool in
            _ = try await CreateInboxPartition.run(
                Week(of: Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))), on: pool)
            try await pool.withConnection { connection in
                try await connection.execute(script: sql)
                try await connection.execute(script: "CHECKPOINT")
            }
            return try await Self.count(pool)
        }
        let outcome = try await Pgbench(url: site.postgresURL, folder: site.bench.folder).run(
            script, clients: clients, transactions: count / self.batchSize / clients,
            variables: ["batch": "-1", "clients": "\(clients)"])
        let written = try await site.withPool { try await Self.count($0) } - before
        guard written == count else { throw CommandFailure("pgbench delivered \(written) of \(count)") }
        return (outcome.transactionsPerSecond * Double(self.batchSize), outcome.commandMilliseconds)
    }

    static func count(_ pool: some Querying) async throws -> Int {
        try await pool.query("SELECT count(*) FROM inbox WHERE state = 'delivered'")[0].decode(0, as: Int.self)
    }
}
