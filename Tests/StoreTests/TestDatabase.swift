import Foundation
import Logging
import Notifications
import Postgres
import Store
import Synchronization
import Testing

@testable import Notifi

/// All tests of SQL share one private server; each has a database of its own.
@Suite(.privateServer)
enum Live {
    @TaskLocal static var server: TestServer?
}

let quiet = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }

struct TestServer: Sendable {
    static let template = "template_migrated"

    let postgres: LocalPostgres
    /// Whoever has a database holds one of its connections, which bounds how many tests run at a time.
    let administration: PostgresPool

    func configuration(database: String, poolSize: Int = 6) -> PostgresConfiguration {
        let url = self.postgres.socketURL.replacing("///notifi?", with: "///\(database)?", maxReplacements: 1)
        // Many tests at a time, on machines with few cores.
        return PostgresConfiguration(
            url: url, applicationName: "tests", poolSize: poolSize, connectTimeout: .seconds(20),
            statementTimeout: .seconds(20), idleInTransactionTimeout: .seconds(30), acquireTimeout: .seconds(60))
    }
}

/// A database of the test's own, with a pool on it.
struct TestDatabase: Sendable {
    let configuration: PostgresConfiguration
    let pool: PostgresPool

    enum Content {
        /// Our schema, and the inbox partitions of `sampleTime`'s week and the next.
        case schema
        case nothing
    }
}

private let databases = Atomic(0)

/// Makes a database, which is gone afterwards.
func withDatabase<R: Sendable>(
    _ content: TestDatabase.Content = .schema, _ body: @escaping @Sendable (TestDatabase) async throws -> R
) async throws -> R {
    let server = try #require(Live.server)
    let name = "test_\(databases.add(1, ordering: .relaxed).newValue)"
    return try await server.administration.withConnection { administration in
        let template = content == .schema ? TestServer.template : "template1"
        _ = try await administration.query(PostgresStatement("CREATE DATABASE \(name) TEMPLATE \(template)"))
        let configuration = server.configuration(database: name)
        let result: Result<R, any Error>
        do {
            result = .success(
                try await withPool(configuration) { pool in
                    try await body(TestDatabase(configuration: configuration, pool: pool))
                })
        } catch {
            result = .failure(error)
        }
        _ = try await administration.query(PostgresStatement("DROP DATABASE \(name) WITH (FORCE)"))
        return try result.get()
    }
}

/// Runs a pool for the time of `body`.
func withPool<R: Sendable>(
    _ configuration: PostgresConfiguration, _ body: @escaping @Sendable (PostgresPool) async throws -> R
) async throws -> R {
    let pool = PostgresPool(configuration: configuration, logger: quiet)
    return try await withThrowingTaskGroup(of: R?.self) { group in
        group.addTask {
            await pool.run()
            return nil
        }
        group.addTask { try await body(pool) }
        defer { group.cancelAll() }
        while let result = try await group.next() {
            if let result { return result }
        }
        throw CancellationError()
    }
}

struct PrivateServerTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "notifi-store-\(UUID().uuidString)")
        let postgres = try LocalPostgres(
            LocalPostgres.Configuration(
                directory: directory.path(percentEncoded: false),
                settings: [
                    "fsync": "off", "full_page_writes": "off", "max_connections": "100", "shared_buffers": "64MB",
                    "autovacuum": "off",
                ]))
        do {
            try await postgres.start()
            try await Self.run(on: postgres, function)
            try await postgres.remove()
        } catch {
            try await postgres.remove()
            throw error
        }
    }

    /// `function` does not leave the task that asked for the scope: it finds its place among the tests by it.
    private static func run(on postgres: LocalPostgres, _ function: @Sendable () async throws -> Void) async throws {
        let unused = PostgresPool(configuration: PostgresConfiguration(url: ""), logger: quiet)
        let bare = TestServer(postgres: postgres, administration: unused)
        var configuration = bare.configuration(database: "notifi", poolSize: 8)
        // No bound on Postgres: the turn of the last of all tests comes when the others are done.
        configuration.acquireTimeout = .seconds(1_200)
        let administration = PostgresPool(configuration: configuration, logger: quiet)
        let server = TestServer(postgres: postgres, administration: administration)
        async let _: Void = administration.run()
        _ = try await administration.query(PostgresStatement("CREATE DATABASE \(TestServer.template)"))
        try await withPool(server.configuration(database: TestServer.template, poolSize: 1)) { pool in
            _ = try await Migrator(pool: pool, logger: quiet).migrate()
            let week = Week(of: sampleTime)
            try await CreateInboxPartition.run(week, on: pool)
            try await CreateInboxPartition.run(week.next, on: pool)
        }
        try await Live.$server.withValue(server) { try await function() }
        // The end of this scope cancels the pool and waits for it.
    }
}

extension Trait where Self == PrivateServerTrait {
    static var privateServer: Self { Self() }
}

/// Runs `condition` until it is true; false when `timeout` is over. For states that give no event.
func eventually(
    within timeout: Duration = .seconds(20), _ condition: () async throws -> Bool
) async throws -> Bool {
    let deadline = ContinuousClock.now + timeout
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return false
}

extension TestDatabase {
    /// Postgres' clock.
    func now() async throws -> Instant {
        let now = try await self.pool.query("SELECT clock_timestamp() AS now")[0]
            .decode("now", as: PostgresTimestamp.self)
        return Instant(microseconds: now.microsecondsSinceUnixEpoch)
    }

    func count(_ table: String) async throws -> Int {
        try await self.pool.query(PostgresStatement("SELECT count(*) FROM \(table)"))[0].decode(0, as: Int.self)
    }

    /// Whether so many sessions wait for a lock of another one, now or soon.
    func areBlocked(_ number: Int) async throws -> Bool {
        try await eventually {
            try await self.pool.query(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """)[0].decode(0, as: Int.self) == number
        }
    }
}
