import Foundation
import Postgres
import Testing

extension Live {
    @Suite struct Pools {
        @Test func neverMoreConnectionsThanItsSize() async throws {
            try await Live.withPool({
                $0.poolSize = 3
                $0.applicationName = "bound"
            }) { pool async throws in
                let most = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<30 {
                        group.addTask {
                            try await pool.query(
                                """
                                SELECT count(*), pg_sleep(0.01) FROM pg_stat_activity WHERE application_name = 'bound'
                                """)[0].decode(0, as: Int.self)
                        }
                    }
                    return try await group.reduce(0, max)
                }
                #expect(most <= 3)
                #expect(most > 1)
            }
        }

        @Test func waitersAreServedInOrder() async throws {
            try await Live.withPool({ $0.poolSize = 1 }) { pool async throws in
                let order = Events<Int>()
                let taken = Events<Bool>()
                let release = Events<Bool>()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try await pool.withConnection { _ async throws in
                            await taken.add(true)
                            _ = await release.next()
                        }
                    }
                    _ = await taken.next()
                    for number in 0..<10 {
                        group.addTask { try await pool.withConnection { _ in await order.add(number) } }
                        #expect(try await eventually { pool.waiterCount == number + 1 })
                    }
                    await release.add(true)
                    try await group.waitForAll()
                }
                #expect(await order.all == Array(0..<10))
            }
        }

        @Test func waitingIsBounded() async throws {
            try await Live.withPool({
                $0.poolSize = 1
                $0.acquireTimeout = .seconds(4)
            }) { pool async throws in
                // Opening the connection is waited for alike, and may take longer.
                #expect(try await eventually { (try? await pool.query("SELECT 1")) != nil })
                try await pool.withConnection { _ -> Void in
                    await #expect { try await pool.query("SELECT 1") } throws: {
                        ($0 as? PostgresError)?.code == .poolTimeout && ($0 as? PostgresError)?.isRetriable == true
                    }
                }
                #expect(try await pool.query("SELECT 1").count == 1)
                #expect(pool.waiterCount == 0)
            }
        }

        @Test func aCancelledWaiterLeavesTheQueue() async throws {
            try await Live.withPool({ $0.poolSize = 1 }) { pool async throws in
                try await pool.withConnection { _ async throws in
                    let task = Task { try await pool.query("SELECT 1") }
                    #expect(try await eventually { pool.waiterCount == 1 })
                    task.cancel()
                    await #expect { try await task.value } throws: { ($0 as? PostgresError)?.code == .cancelled }
                    #expect(pool.waiterCount == 0)
                }
                #expect(try await pool.query("SELECT 1").count == 1)
            }
        }

        @Test func aPoolThatDoesNotRunTimesOut() async throws {
            let pool = PostgresPool(
                configuration: try Live.configuration { $0.acquireTimeout = .milliseconds(50) }, logger: quiet)
            await #expect { try await pool.query("SELECT 1") } throws: { ($0 as? PostgresError)?.code == .poolTimeout }
        }

        @Test func cancellingRunClosesEverything() async throws {
            let configuration = try Live.configuration {
                Live.outlasting(&$0)
                $0.applicationName = "closing"
            }
            let pool = PostgresPool(configuration: configuration, logger: quiet)
            let running = Task { await pool.run() }
            let sleeping = Task { try await pool.query("SELECT pg_sleep(60)") }
            try await Live.withConnection { other async throws in
                let count = PostgresStatement("SELECT 1 FROM pg_stat_activity WHERE application_name = 'closing'")
                #expect(try await eventually { try await !other.query(count).isEmpty })
                let start = ContinuousClock.now
                running.cancel()
                await running.value
                #expect(ContinuousClock.now - start < .seconds(20))
                await #expect(throws: PostgresError.self) { try await sleeping.value }
                await #expect { try await pool.query("SELECT 1") } throws: { ($0 as? PostgresError)?.code == .closed }
                #expect(try await eventually { try await other.query(count).isEmpty })
            }
        }

        @Test func aTerminatedBackendIsReplaced() async throws {
            try await Live.withPool({ $0.poolSize = 1 }) { pool async throws in
                let pid = try await pool.query("SELECT pg_backend_pid()")[0].decode(0, as: Int32.self)
                try await Live.withConnection { other async throws in
                    _ = try await other.query("SELECT pg_terminate_backend($1, 5000)", [.int4(pid)])
                }
                // It died while idle, so nobody has to see an error.
                #expect(try await pool.query("SELECT pg_backend_pid()")[0].decode(0, as: Int32.self) != pid)
            }
        }

        @Test func aBackendThatIsTerminatedAtWorkIsAConnectionFailure() async throws {
            try await Live.withPool({ $0.poolSize = 1 }) { pool async throws in
                await #expect { try await pool.query("SELECT pg_terminate_backend(pg_backend_pid())") } throws: {
                    guard let error = $0 as? PostgresError else { return false }
                    return error.isConnectionFailure && error.sqlState == "57P01" && error.isRetriable
                        && !error.isPoison
                }
                #expect(try await pool.query("SELECT 1").count == 1)
            }
        }

        @Test func aLostCommitIsReported() async throws {
            try await Live.withPool { pool async throws in
                await #expect {
                    try await pool.transaction { connection async throws in
                        let pid = try await connection.query("SELECT pg_backend_pid()")[0].decode(0, as: Int32.self)
                        _ = try await pool.query("SELECT pg_terminate_backend($1, 5000)", [.int4(pid)])
                    }
                } throws: { ($0 as? PostgresError)?.isConnectionFailure == true }
                #expect(try await pool.query("SELECT 1").count == 1)
            }
        }

        @Test func statementsThatTakeLongBlockNobodyElse() async throws {
            // More connections than the cooperative pool has threads.
            try await Live.withPool({
                $0.poolSize = 8
                $0.statementTimeout = .seconds(60)
            }) { pool async throws in
                let running = Events<Bool>()
                let ended = Events<Bool>()
                try await Live.withConnection { holder async throws in
                    _ = try await holder.query("SELECT pg_advisory_lock(7)")
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<8 {
                            group.addTask {
                                try await pool.withConnection { connection in
                                    _ = try await connection.query("SELECT 1")
                                    await running.add(true)
                                    _ = try await connection.query("SELECT pg_advisory_lock_shared(7)")
                                    await ended.add(true)
                                }
                            }
                        }
                        for _ in 0..<8 { #expect(await running.next() == true) }
                        #expect(
                            try await eventually {
                                try await holder.query(
                                    """
                                    SELECT count(*) FROM pg_locks
                                    WHERE locktype = 'advisory' AND objid = 7 AND NOT granted
                                    """)[0].decode(0, as: Int.self) == 8
                            })
                        // If they held the cooperative pool's threads, this would return only after they have ended.
                        try await Task.sleep(for: .milliseconds(10))
                        #expect(await ended.all.isEmpty)
                        _ = try await holder.query("SELECT pg_advisory_unlock(7)")
                        try await group.waitForAll()
                    }
                }
            }
        }

        @Test func everyAnswerBelongsToItsQuestion() async throws {
            try await Live.withPool { pool async throws in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask { () async throws in
                            for value in 0..<250 {
                                #expect(
                                    try await pool.query("SELECT $1", [.int8(Int64(value))])[0].decode(0, as: Int.self)
                                        == value)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }
}
