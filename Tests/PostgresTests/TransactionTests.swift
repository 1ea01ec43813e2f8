import Testing

@testable import Postgres

extension Live {
    /// BEGIN travels with the first statement. Whatever becomes of that one, the transaction is what it would be had BEGIN
    /// come alone.
    @Suite struct TransactionBeginnings {
        private struct Stop: Error, Equatable {}

        private static func end(_ backend: Int32) async throws {
            try await Live.withConnection { other async throws in
                _ = try await other.query("SELECT pg_terminate_backend($1, 5000)", [.int4(backend)])
            }
        }

        @Test func withoutAStatementNothingIsSent() async throws {
            try await Live.withOne { pool, backend async throws in
                let before = try await Live.activity(of: backend)
                #expect(try await pool.transaction { _ in 7 } == 7)
                await #expect(throws: Stop()) { try await pool.transaction { _ in throw Stop() } }
                #expect(try await Live.activity(of: backend) == before)
                // Nor is it made up for later.
                #expect(try await pool.query("SELECT 1").count == 1)
                #expect(try await Live.activity(of: backend)[0] == "idle")
            }
        }

        @Test("a first statement that fails spoils the transaction", arguments: ["SELECT 1/0", "SELEC 1"])
        func failing(_ sql: String) async throws {
            try await Live.withOne { pool, backend async throws in
                let state = sql == "SELEC 1" ? "42601" : "22012"
                let passedOn = await Live.failure {
                    try await pool.transaction { _ = try await $0.query(PostgresStatement(sql)) }
                }
                #expect(passedOn?.sqlState == state)
                let passedOver = await Live.failure {
                    try await pool.transaction { connection async throws in
                        let first = await Live.failure { _ = try await connection.query(PostgresStatement(sql)) }
                        #expect(first?.sqlState == state)
                        let second = await Live.failure { _ = try await connection.query("SELECT 1") }
                        #expect(second?.sqlState == "25P02")
                    }
                }
                #expect(passedOver?.sqlState == "25P02")
                #expect(try await Live.activity(of: backend)[0] == "idle")
                #expect(try await Live.backend(pool) == backend)
            }
        }

        @Test func aServerThatIsGoneBeforeCostsNobodyAnError() async throws {
            try await Live.withOne { pool, backend async throws in
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
            try await Live.withOne { pool, backend async throws in
                let failure = await Live.failure {
                    try await pool.transaction { connection async throws in
                        try await Self.end(backend)
                        _ = try await connection.query("SELECT 1")
                    }
                }
                #expect(failure?.isConnectionFailure == true)
                #expect(try await Live.backend(pool) != backend)
            }
        }

        @Test func aServerThatGoesDuringTheFirstStatement() async throws {
            try await Live.withOne { pool, backend async throws in
                let end = "SELECT CASE WHEN $1 THEN pg_terminate_backend(pg_backend_pid()) END"
                // Known already, so that it is run in the pipeline and not only prepared there.
                _ = try await pool.query(end, [.bool(false)])
                let passedOn = await Live.failure {
                    try await pool.transaction { _ = try await $0.query(end, [.bool(true)]) }
                }
                #expect(passedOn?.isConnectionFailure == true && passedOn?.sqlState == "57P01")
                _ = try await pool.query(end, [.bool(false)])
                let passedOver = await Live.failure {
                    try await pool.transaction { connection async throws in
                        let first = await Live.failure { _ = try await connection.query(end, [.bool(true)]) }
                        #expect(first?.isConnectionFailure == true && first?.sqlState == "57P01")
                    }
                }
                #expect(passedOver?.isConnectionFailure == true)
                #expect(try await Live.backend(pool) != backend)
            }
        }

        @Test func noTransactionWithinAnother() async throws {
            try await Live.withOne { pool, _ async throws in
                _ = try await pool.query("CREATE TABLE nested (v int4)")
                try await pool.transaction { connection async throws in
                    _ = try await connection.query("INSERT INTO nested VALUES (1)")
                    await #expect { try await connection.transaction { _ in } } throws: {
                        ($0 as? PostgresError)?.code == .invalidStatement
                    }
                }
                #expect(try await pool.query("SELECT v FROM nested").count == 1)
                let ended = await Live.failure {
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
            try await Live.withOne { pool, backend async throws in
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
                let failure = await Live.failure {
                    try await pool.transaction { connection async throws in
                        let first = await Live.failure { try await connection.execute(script: "SELEC") }
                        #expect(first?.sqlState == "42601")
                        let second = await Live.failure { _ = try await connection.query("DELETE FROM scripted") }
                        #expect(second?.sqlState == "25P02")
                    }
                }
                #expect(failure?.sqlState == "25P02")
                #expect(try await pool.query("SELECT v FROM scripted").count == 1)
                _ = try await pool.query("DROP TABLE scripted")
                #expect(try await Live.backend(pool) == backend)
            }
        }

        @Test("a statement to be prepared anew fails the transaction once, as it always did")
        func preparedAnew() async throws {
            try await Live.withOne { pool, _ async throws in
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
            try await Live.withOne { pool, _ async throws in
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
            try await Live.withOne { pool, _ async throws in
                let (sql, text) = ("SELECT $1::text", String(repeating: "x", count: 8_000_000))
                _ = try await pool.query(sql, [.text("known already")])
                let row = try await pool.transaction { try await $0.query(sql, [.text(text)]) }[0]
                #expect(try row.decode(0, as: String.self) == text)
            }
        }

        /// Only prepared in a pipeline: run, it ends its connection, so that none knows it.
        @Test func copyFirst() async throws {
            try await Live.withOne { pool, _ async throws in
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
