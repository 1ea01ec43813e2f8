import Testing

@testable import Postgres

extension Live {
    /// BEGIN travels with the first statement. Whatever becomes of that one, the transaction is what it would be had BEGIN
    /// come alone.
    @Suite struct TransactionBeginnings {
        private struct Stop: Error, Equatable {}

        /// A pool of one connection, told apart by its backend.
        private func withOne(_ body: @escaping @Sendable (PostgresPool, Int32) async throws -> Void) async throws {
            try await Live.withPool({ $0.poolSize = 1 }) { pool async throws in
                try await body(pool, try await Self.backend(pool))
            }
        }

        private static func backend(_ pool: PostgresPool) async throws -> Int32 {
            try await pool.query("SELECT pg_backend_pid()")[0].decode(0, as: Int32.self)
        }

        /// What the server says that the backend did last, and when.
        private static func activity(of backend: Int32) async throws -> [String] {
            try await Live.withConnection { other async throws in
                try await other.query(
                    "SELECT state, query, query_start::text AS since FROM pg_stat_activity WHERE pid = $1",
                    [.int4(backend)]
                ).flatMap { row in try ["state", "query", "since"].map { try row.decode($0, as: String.self) } }
            }
        }

        private static func failure(of body: () async throws -> Void) async -> PostgresError? {
            do {
                try await body()
                return nil
            } catch {
                return error as? PostgresError
            }
        }

        private static func end(_ backend: Int32) async throws {
            try await Live.withConnection { other async throws in
                _ = try await other.query("SELECT pg_terminate_backend($1, 5000)", [.int4(backend)])
            }
        }

        @Test func withoutAStatementNothingIsSent() async throws {
            try await self.withOne { pool, backend async throws in
                let before = try await Self.activity(of: backend)
                #expect(try await pool.transaction { _ in 7 } == 7)
                await #expect(throws: Stop()) { try await pool.transaction { _ in throw Stop() } }
                #expect(try await Self.activity(of: backend) == before)
                // Nor is it made up for later.
                #expect(try await pool.query("SELECT 1").count == 1)
                #expect(try await Self.activity(of: backend)[0] == "idle")
            }
        }

        @Test("a first statement that fails spoils the transaction", arguments: ["SELECT 1/0", "SELEC 1"])
        func failing(_ sql: String) async throws {
            try await self.withOne { pool, backend async throws in
                let state = sql == "SELEC 1" ? "42601" : "22012"
                let passedOn = await Self.failure {
                    try await pool.transaction { _ = try await $0.query(PostgresStatement(sql)) }
                }
                #expect(passedOn?.sqlState == state)
                let passedOver = await Self.failure {
                    try await pool.transaction { connection async throws in
                        let first = await Self.failure { _ = try await connection.query(PostgresStatement(sql)) }
                        #expect(first?.sqlState == state)
                        let second = await Self.failure { _ = try await connection.query("SELECT 1") }
                        #expect(second?.sqlState == "25P02")
                    }
                }
                #expect(passedOver?.sqlState == "25P02")
                #expect(try await Self.activity(of: backend)[0] == "idle")
                #expect(try await Self.backend(pool) == backend)
            }
        }

        @Test func cancelledDuringTheFirst() async throws {
            try await self.withOne { pool, backend async throws in
                // Known already, so that it is run in the pipeline and not only prepared there.
                let sleep = "SELECT pg_sleep($1::int4)"
                _ = try await pool.query(sleep, [.int4(0)])
                let task = Task { try await pool.transaction { _ = try await $0.query(sleep, [.int4(30)]) } }
                #expect(try await eventually { try await Self.activity(of: backend).prefix(2) == ["active", sleep] })
                let start = ContinuousClock.now
                task.cancel()
                await #expect { try await task.value } throws: { ($0 as? PostgresError)?.code == .cancelled }
                #expect(ContinuousClock.now - start < .seconds(10))
                #expect(try await Self.activity(of: backend)[0] == "idle")
                #expect(try await Self.backend(pool) == backend, "the connection is used again")
            }
        }

        @Test func aTaskThatIsCancelledBeforeRunsNothing() async throws {
            try await Live.withConnection { connection async throws in
                let begun = Events<Bool>()
                let task = Task {
                    _ = await begun.next()
                    try await connection.transaction { _ -> Void in Issue.record("the body runs") }
                }
                task.cancel()
                await #expect { try await task.value } throws: { ($0 as? PostgresError)?.code == .cancelled }
                #expect(try await connection.query("SELECT 1").count == 1)
            }
        }

        /// Cancels come at every stage: before, while BEGIN and the statement are sent or run, between, at the commit.
        @Test func cancelsHitOnlyTheTransactionMeant() async throws {
            try await Live.withPool({ $0.poolSize = 1 }) { pool async throws in
                _ = try await pool.query("CREATE TABLE meant (round int4)")
                var committed: [Int] = []
                for round in 0..<200 {
                    let victim = Task {
                        try await pool.transaction { connection async throws in
                            _ = try await connection.query("INSERT INTO meant VALUES ($1)", [.int4(Int32(round))])
                            _ = try await connection.query("SELECT pg_sleep(\(round % 4 == 3 ? 0.0005 : 2))")
                        }
                    }
                    let innocent = Task {
                        try await pool.transaction { try await $0.query("SELECT \(round % 7), pg_sleep(0.001)") }
                    }
                    if round % 8 != 0 { try await Task.sleep(for: .microseconds(round * 20)) }
                    victim.cancel()
                    switch await victim.result {
                    case .success: committed.append(round)
                    case .failure(let error): #expect((error as? PostgresError)?.code == .cancelled, "\(error)")
                    }
                    #expect(try await innocent.value[0].decode(0, as: Int.self) == round % 7)
                }
                let rows = try await pool.query("SELECT round FROM meant ORDER BY round")
                #expect(try rows.map { try $0.decode(0, as: Int.self) } == committed)
                #expect(committed.count < 100)
                _ = try await pool.query("DROP TABLE meant")
            }
        }

        @Test func aServerThatIsGoneBeforeCostsNobodyAnError() async throws {
            try await self.withOne { pool, backend async throws in
                try await Self.end(backend)
                let bodies = Events<Int32>()
                try await pool.transaction { connection async throws in
                    await bodies.add(try await connection.query("SELECT pg_backend_pid()")[0].decode(0, as: Int32.self))
                }
                #expect(await bodies.all.count == 1)
                #expect(await bodies.all != [backend])
            }
        }

        @Test func aServerThatGoesBeforeTheFirstStatement() async throws {
            try await self.withOne { pool, backend async throws in
                let failure = await Self.failure {
                    try await pool.transaction { connection async throws in
                        try await Self.end(backend)
                        _ = try await connection.query("SELECT 1")
                    }
                }
                #expect(failure?.isConnectionFailure == true)
                #expect(try await Self.backend(pool) != backend)
            }
        }

        @Test func aServerThatGoesDuringTheFirstStatement() async throws {
            try await self.withOne { pool, backend async throws in
                let end = "SELECT CASE WHEN $1 THEN pg_terminate_backend(pg_backend_pid()) END"
                // Known already, so that it is run in the pipeline and not only prepared there.
                _ = try await pool.query(end, [.bool(false)])
                let passedOn = await Self.failure {
                    try await pool.transaction { _ = try await $0.query(end, [.bool(true)]) }
                }
                #expect(passedOn?.isConnectionFailure == true && passedOn?.sqlState == "57P01")
                _ = try await pool.query(end, [.bool(false)])
                let passedOver = await Self.failure {
                    try await pool.transaction { connection async throws in
                        let first = await Self.failure { _ = try await connection.query(end, [.bool(true)]) }
                        #expect(first?.isConnectionFailure == true && first?.sqlState == "57P01")
                    }
                }
                #expect(passedOver?.isConnectionFailure == true)
                #expect(try await Self.backend(pool) != backend)
            }
        }

        @Test func nothingRunsOutsideOfATransactionThatCouldNotBegin() async throws {
            try await Live.withConnection { connection async throws in
                let failure = await Self.failure {
                    try await connection.transaction { connection async throws in
                        connection.control.transaction = .failed
                        let query = await Self.failure { _ = try await connection.query("SELECT 1") }
                        let script = await Self.failure { try await connection.execute(script: "SELECT 1") }
                        #expect([query?.sqlState, script?.sqlState] == ["25P02", "25P02"])
                    }
                }
                #expect(failure?.sqlState == "25P02")
                #expect(try await connection.transaction { try await $0.query("SELECT 1").count } == 1)
            }
        }

        /// The server is asked by somebody else to cancel, which may hit BEGIN itself, and whoever runs the statements goes
        /// on all the same: what then runs must not run by itself.
        @Test func whatFollowsACancelledBeginRunsNeitherAlone() async throws {
            try await self.withOne { pool, backend async throws in
                _ = try await pool.query("CREATE TABLE begun (round int4, place int4)")
                let insert = "INSERT INTO begun VALUES ($1, $2)"
                let cancel = "SELECT pg_sleep($1::int4 / 1000000.0), pg_cancel_backend($2)"
                var committed: [Int] = []
                _ = try await pool.query(insert, [.int4(-1), .int4(0)])
                for round in 0..<300 {
                    let wait = Int32.random(in: 0..<1_500)
                    async let cancelling: Void = Live.withConnection { other async throws in
                        _ = try await other.query(cancel, [.int4(wait), .int4(backend)])
                    }
                    let failure = await Self.failure {
                        try await pool.transaction { connection async throws in
                            for place in 0..<2 as Range<Int32> {
                                _ = await Self.failure {
                                    _ = try await connection.query(insert, [.int4(Int32(round)), .int4(place)])
                                }
                            }
                        }
                    }
                    try await cancelling
                    if failure == nil { committed.append(round) }
                }
                let rows = try await pool.query(
                    "SELECT round FROM begun WHERE round >= 0 GROUP BY round HAVING count(*) = 2 ORDER BY round")
                #expect(try rows.map { try $0.decode(0, as: Int.self) } == committed)
                let all = try await pool.query("SELECT count(*) FROM begun")[0].decode(0, as: Int.self)
                #expect(all == 1 + 2 * committed.count)
                _ = try await pool.query("DROP TABLE begun")
            }
        }

        @Test func noTransactionWithinAnother() async throws {
            try await self.withOne { pool, _ async throws in
                _ = try await pool.query("CREATE TABLE nested (v int4)")
                try await pool.transaction { connection async throws in
                    _ = try await connection.query("INSERT INTO nested VALUES (1)")
                    await #expect { try await connection.transaction { _ in } } throws: {
                        ($0 as? PostgresError)?.code == .invalidStatement
                    }
                }
                #expect(try await pool.query("SELECT v FROM nested").count == 1)
                let ended = await Self.failure {
                    try await pool.transaction { connection async throws in
                        _ = try await connection.query("INSERT INTO nested VALUES (2)")
                        try await connection.execute(script: "ROLLBACK")
                    }
                }
                #expect(ended?.sqlState == "25P02", "what somebody else ended is not said to be committed")
                #expect(try await pool.query("SELECT v FROM nested").count == 1)
                _ = try await pool.query("DROP TABLE nested")
            }
        }

        @Test func aScriptFirst() async throws {
            try await self.withOne { pool, backend async throws in
                await #expect(throws: Stop()) {
                    try await pool.transaction { connection async throws in
                        try await connection.execute(script: "CREATE TABLE scripted (v int4); SELECT 1")
                        throw Stop()
                    }
                }
                try await pool.transaction { connection async throws in
                    try await connection.execute(script: "CREATE TABLE scripted (v int4); SELECT 1")
                    _ = try await connection.query("INSERT INTO scripted VALUES (1)")
                }
                let failure = await Self.failure {
                    try await pool.transaction { connection async throws in
                        let first = await Self.failure { try await connection.execute(script: "SELEC") }
                        #expect(first?.sqlState == "42601")
                        let second = await Self.failure { _ = try await connection.query("DELETE FROM scripted") }
                        #expect(second?.sqlState == "25P02")
                    }
                }
                #expect(failure?.sqlState == "25P02")
                #expect(try await pool.query("SELECT v FROM scripted").count == 1)
                _ = try await pool.query("DROP TABLE scripted")
                #expect(try await Self.backend(pool) == backend)
            }
        }

        @Test("a statement to be prepared anew fails the transaction once, as it always did")
        func preparedAnew() async throws {
            try await self.withOne { pool, _ async throws in
                let sql = "SELECT $1 + 40"
                func run() async throws -> Int {
                    try await pool.transaction {
                        try await $0.query(sql, [.int4(2)])[0].decode(0, as: Int.self)
                    }
                }
                #expect(try await run() == 42)
                try await pool.withConnection { try await $0.execute(script: "DEALLOCATE ALL") }
                await #expect { try await run() } throws: { ($0 as? PostgresError)?.sqlState == "26000" }
                #expect(try await run() == 42)
            }
        }

        @Test func aFirstStatementThatDrivesOutAnother() async throws {
            try await self.withOne { pool, _ async throws in
                for value in 0..<300 {
                    let row = try await pool.transaction { try await $0.query("SELECT \(value)") }[0]
                    #expect(try row.decode(0, as: Int.self) == value)
                }
                let count = try await pool.query("SELECT count(*) FROM pg_prepared_statements")
                #expect(try count[0].decode(0, as: Int.self) <= 256)
            }
        }

        /// More than both sides' buffers hold.
        @Test func aFirstStatementOfManyBytes() async throws {
            try await self.withOne { pool, _ async throws in
                let (sql, text) = ("SELECT $1::text", String(repeating: "x", count: 8_000_000))
                _ = try await pool.query(sql, [.text("known already")])
                let row = try await pool.transaction { try await $0.query(sql, [.text(text)]) }[0]
                #expect(try row.decode(0, as: String.self) == text)
            }
        }

        /// Only prepared in a pipeline: run, it ends its connection, so that none knows it.
        @Test func copyFirst() async throws {
            try await self.withOne { pool, _ async throws in
                for sql in ["COPY (SELECT 1) TO STDOUT", "COPY pg_class FROM STDIN"] {
                    await #expect(throws: PostgresError.self) {
                        try await pool.transaction { _ = try await $0.query(PostgresStatement(sql)) }
                    }
                    #expect(try await pool.query("SELECT 1").count == 1)
                }
            }
        }
    }
}
