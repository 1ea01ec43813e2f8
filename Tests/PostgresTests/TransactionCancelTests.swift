import Testing

@testable import Postgres

extension Live {
    /// Cancels at every stage of a transaction, by its task and by somebody else.
    @Suite struct TransactionCancels {
        @Test func cancelledDuringTheFirst() async throws {
            try await Live.withOne(Live.outlasting) { pool, backend async throws in
                // Known already, so that it is run in the pipeline and not only prepared there.
                let sleep = "SELECT pg_sleep($1::int4)"
                _ = try await pool.query(sleep, [.int4(0)])
                let task = Task { try await pool.transaction { _ = try await $0.query(sleep, [.int4(60)]) } }
                #expect(try await eventually { try await Live.activity(of: backend).prefix(2) == ["active", sleep] })
                let start = ContinuousClock.now
                task.cancel()
                await #expect { try await task.value } throws: { ($0 as? PostgresError)?.code == .cancelled }
                #expect(ContinuousClock.now - start < .seconds(20))
                #expect(try await Live.activity(of: backend)[0] == "idle")
                #expect(try await Live.backend(pool) == backend, "the connection is used again")
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
            try await Live.withOne(Live.outlasting) { pool, _ async throws in
                _ = try await pool.query("CREATE TABLE meant (round int4)")
                var committed: [Int] = []
                for round in 0..<200 {
                    let victim = Task {
                        try await pool.transaction { connection async throws in
                            _ = try await connection.query("INSERT INTO meant VALUES ($1)", [.int4(Int32(round))])
                            _ = try await connection.query("SELECT pg_sleep(\(round % 4 == 3 ? 0.0005 : 60))")
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

        /// The server is asked by somebody else to cancel, which may hit BEGIN itself, and whoever runs the statements goes
        /// on all the same: what then runs must not run by itself.
        @Test func whatFollowsACancelledBeginRunsNeitherAlone() async throws {
            try await Live.withOne { pool, backend async throws in
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
                    let failure = await Live.failure {
                        try await pool.transaction { connection async throws in
                            for place in 0..<2 as Range<Int32> {
                                _ = await Live.failure {
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

        @Test func nothingRunsOutsideOfATransactionThatCouldNotBegin() async throws {
            try await Live.withConnection { connection async throws in
                let failure = await Live.failure {
                    try await connection.transaction { connection async throws in
                        connection.control.transaction = .failed
                        let query = await Live.failure { _ = try await connection.query("SELECT 1") }
                        let script = await Live.failure { try await connection.execute(script: "SELECT 1") }
                        #expect([query?.sqlState, script?.sqlState] == ["25P02", "25P02"])
                    }
                }
                #expect(failure?.sqlState == "25P02")
                #expect(try await connection.transaction { try await $0.query("SELECT 1").count } == 1)
            }
        }
    }
}
