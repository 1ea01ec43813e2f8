import Foundation
import Glibc
import Postgres
import Testing

@testable import Notifi

@Suite(.serialized, .liveServer) struct RestartTests {
    /// The suite's own server, running at the beginning and at the end.
    private func withServer(_ body: (LocalPostgres) async throws -> Void) async throws {
        let server = try #require(Live.server)
        try await server.start()
        try await body(server)
    }

    /// Whatever a test is not to wait for takes longer than its bound, and the bounds are wide: other suites run beside
    /// this one.
    private func configuration(_ server: LocalPostgres, size: Int = 4) -> PostgresConfiguration {
        PostgresConfiguration(
            url: server.url, poolSize: size, connectTimeout: .seconds(20), acquireTimeout: .seconds(20),
            reconnectCap: .milliseconds(200))
    }

    @Test(arguments: [LocalPostgres.StopMode.fast, .immediate])
    func statementsFailRetriablyDuringARestartAndSucceedAfterIt(_ mode: LocalPostgres.StopMode) async throws {
        try await self.withServer { server async throws in
            try await withPool(self.configuration(server)) { pool async throws in
                let outcomes = Events<Result<Int, any Error>>()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for lane in 0..<6 {
                        group.addTask {
                            while !Task.isCancelled {
                                do {
                                    let row = try await pool.query(
                                        "SELECT $1::int4, pg_sleep(0.005)", [.int4(Int32(lane))])[0]
                                    await outcomes.add(.success(try row.decode(0, as: Int.self) - lane))
                                } catch {
                                    await outcomes.add(.failure(error))
                                    try? await Task.sleep(for: .milliseconds(5))
                                }
                            }
                        }
                    }
                    #expect(try await eventually { await outcomes.all.count > 50 })
                    try await server.restart(mode)
                    let atRestart = await outcomes.all.count
                    #expect(try await eventually { await outcomes.all.count > atRestart + 100 })
                    group.cancelAll()
                    try await group.waitForAll()
                }
                let all = await outcomes.all
                let failures = all.compactMap { outcome -> PostgresError? in
                    guard case .failure(let error) = outcome else { return nil }
                    return error as? PostgresError
                }.filter { $0.code != .cancelled }
                #expect(!failures.isEmpty)
                #expect(failures.allSatisfy { $0.isRetriable }, "\(Set(failures))")
                #expect(all.allSatisfy { (try? $0.get()) ?? 0 == 0 }, "every answer belongs to its question")
                #expect(try await pool.query("SELECT 1").count == 1)
            }
        }
    }

    @Test func idleConnectionsThatDiedCostNobodyAnError() async throws {
        try await self.withServer { server async throws in
            try await withPool(self.configuration(server)) { pool async throws in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 { group.addTask { _ = try await pool.query("SELECT pg_sleep(0.05)") } }
                    try await group.waitForAll()
                }
                try await server.restart(.fast)
                for _ in 0..<8 { #expect(try await pool.query("SELECT 1").count == 1) }
                try await server.restart(.immediate)
                let sum = try await pool.transaction { try await $0.query("SELECT 1")[0].decode(0, as: Int.self) }
                #expect(sum == 1)
            }
        }
    }

    @Test func whilePostgresIsAwayCallsFailSoonAndRetriably() async throws {
        try await self.withServer { server async throws in
            try await withPool(self.configuration(server)) { pool async throws in
                #expect(try await pool.query("SELECT 1").count == 1)
                try await server.stop()
                let start = ContinuousClock.now
                for _ in 0..<5 {
                    await #expect { try await pool.query("SELECT 1") } throws: {
                        ($0 as? PostgresError)?.isConnectionFailure == true
                            && ($0 as? PostgresError)?.isRetriable == true
                    }
                }
                #expect(ContinuousClock.now - start < .seconds(15))
                try await server.start()
                #expect(try await eventually { (try? await pool.query("SELECT 1").count) == 1 })
            }
        }
    }

    @Test func aServerThatHangsIsGivenUp() async throws {
        try await self.withServer { server async throws in
            var configuration = self.configuration(server)
            configuration.connectTimeout = .milliseconds(200)
            // The kernel goes on accepting connections for it; it just never speaks.
            let pid = try #require(await server.pid)
            #expect(kill(pid, SIGSTOP) == 0)
            defer { kill(pid, SIGCONT) }
            let start = ContinuousClock.now
            await #expect { try await PostgresConnection.connect(configuration, logger: quiet) } throws: {
                ($0 as? PostgresError)?.isConnectionFailure == true
            }
            let cancelled = Task { [configuration] in
                var patient = configuration
                patient.connectTimeout = .seconds(60)
                return try await PostgresConnection.connect(patient, logger: quiet)
            }
            cancelled.cancel()
            await #expect { try await cancelled.value } throws: { ($0 as? PostgresError)?.code == .cancelled }
            #expect(ContinuousClock.now - start < .seconds(15))
            kill(pid, SIGCONT)
        }
    }

    @Test func cancellingWhileTheServerHangsIsBounded() async throws {
        try await self.withServer { server async throws in
            var configuration = self.configuration(server)
            configuration.statementTimeout = .seconds(120)
            configuration.responseGrace = .milliseconds(300)
            let connection = try await PostgresConnection.connect(configuration, logger: quiet)
            let backend = try await connection.query("SELECT pg_backend_pid()")[0].decode(0, as: Int32.self)
            let sleeping = Task { try await connection.query("SELECT pg_sleep(60)") }
            let pid = try #require(await server.pid)
            // Neither takes a request to cancel, nor answers.
            #expect(kill(pid, SIGSTOP) == 0)
            #expect(kill(backend, SIGSTOP) == 0)
            defer {
                kill(backend, SIGCONT)
                kill(pid, SIGCONT)
            }
            let start = ContinuousClock.now
            sleeping.cancel()
            await #expect(throws: PostgresError.self) { try await sleeping.value }
            #expect(ContinuousClock.now - start < .seconds(15))
            await connection.close()
        }
    }

    @Test(
        "a server that takes no writes for a while: sessions made meanwhile do not last",
        arguments: ["", "?target_session_attrs=any"])
    func readOnlyForAWhile(_ options: String) async throws {
        try await self.withServer { server async throws in
            var configuration = self.configuration(server)
            configuration.url += options
            configuration.applicationName = "readers"
            let keeper = try await PostgresConnection.connect(self.configuration(server), logger: quiet)
            _ = try await keeper.query("CREATE TABLE written (n int4)")
            try await withPool(configuration) { pool async throws in
                func write() async throws { _ = try await pool.query("INSERT INTO written VALUES (1)") }
                try await write()
                _ = try await keeper.query("ALTER DATABASE notifi SET default_transaction_read_only = on")
                _ = try await keeper.query(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'readers'")
                for _ in 0..<8 {
                    await #expect { try await write() } throws: {
                        ($0 as? PostgresError)?.isConnectionFailure == true
                            && ($0 as? PostgresError)?.isRetriable == true
                    }
                    await #expect(throws: PostgresError.self) {
                        try await pool.transaction { _ = try await $0.query("DELETE FROM written") }
                    }
                }
                // Only where it was asked for is such a server good enough to read from.
                let isRead = (try? await pool.query("SELECT 1").count) == 1
                #expect(isRead == !options.isEmpty)
                _ = try await keeper.query("ALTER DATABASE notifi RESET default_transaction_read_only")
                #expect(try await eventually { (try? await write()) != nil })
                #expect(try await pool.query("SELECT n FROM written").count == 2)
            }
            _ = try await keeper.query("DROP TABLE written")
            await keeper.close()
        }
    }

    @Test func theListenerHearsAndComesBack() async throws {
        try await self.withServer { server async throws in
            let listener = PostgresListener(
                configuration: self.configuration(server), channels: ["one", "Two \"quoted\""], logger: quiet)
            let connects = Events<Bool>()
            let heard = Events<PostgresNotification>()
            try await withPool(self.configuration(server)) { pool async throws in
                let running = Task {
                    await listener.run(
                        onConnect: { await connects.add(true) }, onNotification: { await heard.add($0) })
                }
                #expect(await connects.next() == true)
                _ = try await pool.query("SELECT pg_notify('one', 'a')")
                #expect(await heard.next() == PostgresNotification(channel: "one", payload: "a"))
                _ = try await pool.query("SELECT pg_notify('Two \"quoted\"', '🎉')")
                #expect(await heard.next() == PostgresNotification(channel: "Two \"quoted\"", payload: "🎉"))
                for mode in [LocalPostgres.StopMode.fast, .immediate] {
                    try await server.restart(mode)
                    #expect(await connects.next() == true)
                    #expect(try await eventually { (try? await pool.query("SELECT pg_notify('one', 'b')")) != nil })
                    #expect(await heard.next()?.payload == "b")
                }
                try await pool.transaction { connection async throws in
                    for number in 0..<500 {
                        _ = try await connection.query("SELECT pg_notify('one', $1)", [.text("\(number)")])
                    }
                }
                for number in 0..<500 { #expect(await heard.next()?.payload == "\(number)") }
                let start = ContinuousClock.now
                running.cancel()
                await running.value
                #expect(ContinuousClock.now - start < .seconds(15))
            }
        }
    }

    @Test func theListenerWaitsForAServerThatIsNotThereYet() async throws {
        try await self.withServer { server async throws in
            try await server.stop()
            let connects = Events<Bool>()
            let listener = PostgresListener(configuration: self.configuration(server), channels: ["x"], logger: quiet)
            let running = Task {
                await listener.run(onConnect: { await connects.add(true) }, onNotification: { _ in })
            }
            try await server.start()
            #expect(await connects.next() == true)
            running.cancel()
            await running.value
        }
    }
}
