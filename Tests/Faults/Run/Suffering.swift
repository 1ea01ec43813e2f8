import Foundation
import Glibc
import Notifications
import Testing

@testable import Harness
@testable import Notifi

/// An installation whose wires to Postgres and whose clocks can be tampered with.
struct Suffering: Sendable {
    @TaskLocal static var current: Suffering?

    let installation: Installation
    let wires: [String: WireProxy]
    let clocks: [String: FakeClock]
    /// To each replica of the API.
    let http: [HTTPClient]
    let snapshot: LongSnapshot

    /// Longer than any fault; whoever waits longer learns nothing.
    private static let patience: Duration = .seconds(8)

    /// Brings back whatever a run that failed has left, and waits until all is ready.
    func heal() async throws {
        for daemon in self.installation.daemons { daemon.signal(SIGCONT) }
        for wire in self.wires.values { wire.set(.open) }
        for clock in self.clocks.values { try clock.set(seconds: 0) }
        try BrokerFaults(brokers: self.installation.brokers).heal()
        try await self.installation.heal()
        try await PostgresFaults(database: self.installation.database, log: FaultLog(began: .current)).heal()
    }

    /// Everything started, before `body`, and ended after it.
    static func run(_ body: @escaping @Sendable (Suffering) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "notifi-faults-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer {
            // What cannot be removed lies in the temporary folder and is of no harm.
            try? FileManager.default.removeItem(at: folder)
        }
        let path = folder.path(percentEncoded: false)
        let wires = Shared<[String: WireProxy]>([:])
        let clocks = Shared<[String: FakeClock]>([:])
        let (made, input) = AsyncStream.makeStream(of: WireProxy.self)
        // With a line for each notification, which the report of a violation shows.
        var options = Installation.Options(
            replicas: FaultPlan.replicas, environment: ["NOTIFI_LOG_LEVEL": "debug"])
        options.own = { daemon, number, url in
            let name = "\(daemon.rawValue)-\(number)"
            var components = try #require(URLComponents(string: url))
            let wire = try await WireProxy(to: try #require(components.port))
            components.port = wire.port
            wires.change { $0[name] = wire }
            input.yield(wire)
            let clock = try FakeClock(name: name, folder: path)
            clocks.change { $0[name] = clock }
            return ["NOTIFI_POSTGRES_URL": try #require(components.string)]
                .merging(clock?.environment ?? [:]) { $1 }
        }
        try await withBackground({ try await Self.serve(made) }) { [options] in
            try await withInstallation(options) { installation in
                let http = try installation.daemons(.api).map {
                    HTTPClient(port: try #require(try $0.ports.http), limit: Self.patience)
                }
                let snapshot = LongSnapshot(url: installation.database.server.url)
                try await body(
                    Suffering(
                        installation: installation, wires: wires.value, clocks: clocks.value, http: http,
                        snapshot: snapshot))
                await snapshot.release()
                for client in http { await client.close() }
            }
        }
    }

    private static func serve(_ wires: AsyncStream<WireProxy>) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for await wire in wires { group.addTask { try await wire.run() } }
            try Task.checkCancellation()
        }
    }
}

struct SufferingTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withoutActuallyEscaping(function) { function in
            try await Suffering.run { suffering in
                try await Suffering.$current.withValue(suffering) { try await function() }
            }
        }
    }
}

extension Trait where Self == SufferingTrait {
    static var suffering: Self { Self() }
}
