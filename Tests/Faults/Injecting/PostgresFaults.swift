import Postgres
import Testing

@testable import Harness
@testable import Notifi

/// What a Postgres can be made to do. The daemons are told apart from the tests by the names of their connections.
struct PostgresFaults: Sendable {
    let database: Database
    let log: FaultLog

    func inject(_ entry: FaultPlan.Entry) async throws {
        switch entry.kind {
        case .postgresStopped(let immediately):
            try await self.database.server.stop(immediately ? .immediate : .fast)
            try await Task.sleep(for: entry.lasts)
            try await self.database.server.start()
        case .backendsKilled(let pause):
            try await self.again(every: pause, for: entry.lasts) { try await self.end(.terminate, limit: 1) }
        case .statementsCancelled(let pause):
            try await self.again(every: pause, for: entry.lasts) { try await self.end(.cancel, limit: 100) }
        case .tableLocked(let table):
            try await self.holding("BEGIN; LOCK TABLE \(table) IN ACCESS EXCLUSIVE MODE", for: entry.lasts)
        case .snapshotHeld:
            try await self.holding(
                "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM outbox", for: entry.lasts)
        case .connectionsTaken: try await self.takeConnections(for: entry.lasts)
        case .diskFull(let table): try await self.fillDisk(table, for: entry.lasts)
        default: break
        }
    }

    /// Ends whatever an injection that failed has left.
    func heal() async throws {
        for table in FaultPlan.writtenTables {
            _ = try await self.database.pool.query("DROP TRIGGER IF EXISTS fault_disk_full ON \(table)")
        }
    }

    private func again(
        every milliseconds: Int, for duration: Duration, _ body: () async throws -> Void
    ) async throws {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end {
            try await body()
            try await Task.sleep(for: .milliseconds(milliseconds))
        }
    }

    private enum Ending: String {
        case terminate = "pg_terminate_backend"
        case cancel = "pg_cancel_backend"
    }

    private func end(_ ending: Ending, limit: Int32) async throws {
        _ = try await self.database.pool.query(
            """
            SELECT \(ending.rawValue)(pid) FROM (
                SELECT pid FROM pg_stat_activity
                WHERE application_name LIKE 'notifi-%' AND ($2 OR state = 'active') ORDER BY random() LIMIT $1) a
            """, [.int8(Int64(limit)), .bool(ending == .terminate)])
    }

    /// A connection of its own, since the pool's have bounds.
    private func connect() async throws -> PostgresConnection {
        try await PostgresConnection.connect(
            PostgresConfiguration(
                url: self.database.server.url, applicationName: "faults", connectTimeout: .seconds(20),
                statementTimeout: .seconds(20), idleInTransactionTimeout: .zero), logger: quiet)
    }

    private func holding(_ script: String, for duration: Duration) async throws {
        let connection = try await self.connect()
        do {
            try await connection.execute(script: script)
            try await Task.sleep(for: duration)
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }

    private func takeConnections(for duration: Duration) async throws {
        var taken: [PostgresConnection] = []
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end {
            do {
                taken.append(try await self.connect())
                // Theirs are taken as they come free.
                try await self.end(.terminate, limit: 2)
            } catch {
                // Full. Whoever lets one go meanwhile does not get it back.
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        self.log.note("\(taken.count) connections were taken")
        for connection in taken { await connection.close() }
    }

    /// A trigger that answers as a server without room does. Of the statement, so that it is there for partitions too.
    private func fillDisk(_ table: String, for duration: Duration) async throws {
        let connection = try await self.connect()
        do {
            try await connection.execute(
                script: """
                    CREATE OR REPLACE FUNCTION fault_disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
                    END $$;
                    CREATE TRIGGER fault_disk_full BEFORE INSERT OR UPDATE ON \(table)
                        FOR EACH STATEMENT EXECUTE FUNCTION fault_disk_full()
                    """)
            try await Task.sleep(for: duration)
            try await connection.execute(script: "DROP TRIGGER fault_disk_full ON \(table)")
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }
}
