import Foundation
import Postgres
import Testing

extension Live {
    @Suite struct Cancelling {
        @Test func aCancelledStatementEndsAndTheConnectionStays() async throws {
            try await Live.withConnection(Live.outlasting) { connection async throws in
                let pid = try await connection.query("SELECT pg_backend_pid()")[0].decode(0, as: Int32.self)
                let sleeping = Task { try await connection.query("SELECT pg_sleep(60)") }
                try await Live.withConnection { other async throws in
                    #expect(
                        try await eventually {
                            try await !other.query(
                                "SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND state = 'active' AND query LIKE '%sleep%'",
                                [.int4(pid)]
                            ).isEmpty
                        })
                }
                let start = ContinuousClock.now
                sleeping.cancel()
                await #expect { try await sleeping.value } throws: { ($0 as? PostgresError)?.code == .cancelled }
                #expect(ContinuousClock.now - start < .seconds(20))
                #expect(try await connection.query("SELECT pg_backend_pid()")[0].decode(0, as: Int32.self) == pid)
            }
        }

        @Test func aTaskThatIsCancelledBeforeRunsNothing() async throws {
            try await Live.withConnection { connection async throws in
                try await connection.execute(script: "CREATE TEMPORARY TABLE ran (v int4)")
                let begun = Events<Bool>()
                let task = Task {
                    _ = await begun.next()
                    return try await connection.query("INSERT INTO ran VALUES (1)")
                }
                task.cancel()
                await #expect { try await task.value } throws: { ($0 as? PostgresError)?.code == .cancelled }
                #expect(try await connection.query("SELECT * FROM ran").isEmpty)
            }
        }

        /// Each statement that is cancelled is followed at once by one that nobody cancels, on the same connection,
        /// from another task; cancels come at every stage: before, while sending, while running, when it has just ended.
        @Test func cancelsHitOnlyTheStatementMeant() async throws {
            try await Live.withConnection(Live.outlasting) { connection async throws in
                var cancelled = 0
                for round in 0..<200 {
                    let victim = Task { try await connection.query("SELECT pg_sleep(\(round % 4 == 3 ? 0.001 : 60))") }
                    let innocent = Task { try await connection.query("SELECT \(round % 7), pg_sleep(0.002)") }
                    if round % 2 == 0 { try await Task.sleep(for: .microseconds(round * 40)) }
                    victim.cancel()
                    switch await victim.result {
                    case .success: break
                    case .failure(let error):
                        #expect((error as? PostgresError)?.code == .cancelled, "\(error)")
                        cancelled += 1
                    }
                    #expect(try await innocent.value[0].decode(0, as: Int.self) == round % 7)
                    #expect(try await connection.query("SELECT \(round % 5)")[0].decode(0, as: Int.self) == round % 5)
                }
                #expect(cancelled >= 100)
            }
        }

        @Test func cancelsThroughAPoolHitOnlyTheStatementMeant() async throws {
            try await Live.withPool({
                Live.outlasting(&$0)
                $0.poolSize = 3
            }) { pool async throws in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for lane in 0..<8 {
                        group.addTask {
                            for round in 0..<25 {
                                let victim = Task { try await pool.query("SELECT pg_sleep(60)") }
                                try await Task.sleep(for: .microseconds(lane * 300 + round * 50))
                                victim.cancel()
                                await #expect { try await victim.value } throws: {
                                    ($0 as? PostgresError)?.code == .cancelled
                                }
                                let row = try await pool.query(
                                    "SELECT $1::int4, pg_sleep(0.001)", [.int4(Int32(round))])[0]
                                #expect(try row.decode(0, as: Int32.self) == round)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Suite struct Transactions {
        private struct Stop: Error, Equatable {}

        @Test func commitsAndRollsBack() async throws {
            try await Live.withPool { pool async throws in
                _ = try await pool.query("CREATE TABLE moves (v int4)")
                let result = try await pool.transaction { connection async throws in
                    _ = try await connection.query("INSERT INTO moves VALUES (1)")
                    return "done"
                }
                #expect(result == "done")
                await #expect(throws: Stop()) {
                    try await pool.transaction { connection async throws in
                        _ = try await connection.query("INSERT INTO moves VALUES (2)")
                        throw Stop()
                    }
                }
                #expect(try await pool.query("SELECT v FROM moves").map { try $0.decode("v", as: Int.self) } == [1])
                _ = try await pool.query("DROP TABLE moves")
            }
        }

        @Test func aFailedTransactionIsNotReportedAsCommitted() async throws {
            try await Live.withPool { pool async throws in
                await #expect {
                    try await pool.transaction { connection async throws in
                        await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1/0") }
                    }
                } throws: { ($0 as? PostgresError)?.sqlState == "25P02" }
                #expect(try await pool.query("SELECT 1").count == 1)
            }
        }

        @Test func aDeferredConstraintFailsTheCommit() async throws {
            try await Live.withPool({ $0.poolSize = 1 }) { pool async throws in
                _ = try await pool.query("CREATE TABLE late (v int4 UNIQUE DEFERRABLE INITIALLY DEFERRED)")
                await #expect {
                    try await pool.transaction { _ = try await $0.query("INSERT INTO late VALUES (1), (1)") }
                } throws: { ($0 as? PostgresError)?.isUniqueViolation == true }
                #expect(try await pool.query("SELECT * FROM late").isEmpty)
                _ = try await pool.query("DROP TABLE late")
            }
        }

        @Test func aCancelledTransactionRollsBackAndLeavesTheConnectionClean() async throws {
            try await Live.withOne(Live.outlasting) { pool, _ async throws in
                _ = try await pool.query("CREATE TABLE undone (v int4)")
                let inserted = Events<Int32>()
                let task = Task {
                    try await pool.transaction { connection async throws in
                        let row = try await connection.query(
                            "INSERT INTO undone VALUES (1) RETURNING pg_backend_pid()")[0]
                        await inserted.add(try row.decode(0, as: Int32.self))
                        _ = try await connection.query("SELECT pg_sleep(60)")
                    }
                }
                let pid = await inserted.next()
                task.cancel()
                await #expect { try await task.value } throws: { ($0 as? PostgresError)?.code == .cancelled }
                let row = try await pool.query("SELECT pg_backend_pid(), (SELECT count(*) FROM undone)")[0]
                #expect(try row.decode(0, as: Int32.self) == pid, "the connection is used again")
                #expect(try row.decode(1, as: Int.self) == 0)
                _ = try await pool.query("DROP TABLE undone")
            }
        }

        @Test func whatABorrowerLeavesOpenIsRolledBack() async throws {
            try await Live.withPool({ $0.poolSize = 1 }) { pool async throws in
                try await pool.withConnection { connection async throws in
                    try await connection.execute(script: "BEGIN; CREATE TABLE forgotten (v int4)")
                }
                #expect(
                    try await pool.query("SELECT to_regclass('forgotten')::text")[0].decode(0, as: String?.self) == nil)
            }
        }
    }
}
