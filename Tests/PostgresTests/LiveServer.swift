import Foundation
import Logging
import Postgres
import Synchronization
import Testing

@testable import Notifi

/// All tests that need a server and leave it running share one.
@Suite(.liveServer)
enum Live {
    @TaskLocal static var server: LocalPostgres?

    static func configuration(
        _ change: (inout PostgresConfiguration) -> Void = { _ in }
    ) throws -> PostgresConfiguration {
        let server = try #require(Self.server)
        var configuration = PostgresConfiguration(
            url: server.url, applicationName: "tests", acquireTimeout: .seconds(20))
        // Many tests at a time, on machines with few cores.
        configuration.connectTimeout = .seconds(20)
        change(&configuration)
        return configuration
    }

    static func withConnection<R: Sendable>(
        _ change: (inout PostgresConfiguration) -> Void = { _ in },
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        let connection = try await PostgresConnection.connect(try self.configuration(change), logger: quiet)
        do {
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }

    static func withPool<R: Sendable>(
        _ change: (inout PostgresConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (PostgresPool) async throws -> R
    ) async throws -> R {
        try await PostgresTests.withPool(try self.configuration(change), body)
    }
}

let quiet = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }

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

/// A server of the caller's own, which may be stopped and restarted; deleted afterwards.
func withServer<R: Sendable>(
    settings: [String: String] = [:], log: @escaping @Sendable (String) -> Void = { _ in },
    _ body: @Sendable (LocalPostgres) async throws -> R
) async throws -> R {
    let directory = FileManager.default.temporaryDirectory.appending(path: "notifi-tests-\(UUID().uuidString)")
    let configuration = LocalPostgres.Configuration(
        directory: directory.path(percentEncoded: false),
        settings: ["fsync": "off", "max_connections": "300", "shared_buffers": "16MB"].merging(settings) { $1 })
    let server = try LocalPostgres(configuration, log: log)
    do {
        try await server.start()
        let result = try await body(server)
        try await server.remove()
        return result
    } catch {
        try await server.remove()
        throw error
    }
}

/// Collects what happens, and lets tests await it.
actor Events<Element: Sendable> {
    private(set) var all: [Element] = []
    private let stream: AsyncStream<Element>
    private let input: AsyncStream<Element>.Continuation

    init() {
        (self.stream, self.input) = AsyncStream.makeStream()
    }

    func add(_ element: Element) {
        self.all.append(element)
        self.input.yield(element)
    }

    /// The next one that nobody took yet; nil after `timeout`.
    nonisolated func next(within timeout: Duration = .seconds(20)) async -> Element? {
        await withTaskGroup(of: Element?.self) { group in
            group.addTask {
                for await element in self.stream { return element }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: timeout)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
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

struct LiveServerTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withServer { server async throws in
            try await Live.$server.withValue(server) { try await function() }
        }
    }
}

extension Trait where Self == LiveServerTrait {
    static var liveServer: Self { Self() }
}
