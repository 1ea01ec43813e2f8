import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import Testing
import UnixSignals

@testable import Operations

@Suite struct SupervisorTests {
    /// What happened, in order.
    private final class Record: Sendable {
        private let events = Mutex<[String]>([])
        func add(_ event: String) { self.events.withLock { $0.append(event) } }
        var all: [String] { self.events.withLock { $0 } }
    }

    private struct Broken: Error, CustomStringConvertible {
        var description: String { "it broke" }
    }

    /// Runs until shut down, and says so.
    private struct Loop: Service {
        let name: String
        let record: Record
        var started: AsyncStream<Void>.Continuation?
        var ending: @Sendable () async throws -> Void = {}

        func run() async throws {
            self.record.add("\(self.name) started")
            self.started?.yield()
            try await gracefulShutdown()
            try await self.ending()
            self.record.add("\(self.name) stopped")
        }
    }

    private struct Fixture {
        let record = Record()
        let health = Health()
        let readyFile = temporaryPath()
        let causes: AsyncStream<StopCause>
        let cause: AsyncStream<StopCause>.Continuation
        let started: AsyncStream<Void>
        let start: AsyncStream<Void>.Continuation

        init() {
            (self.causes, self.cause) = AsyncStream.makeStream()
            (self.started, self.start) = AsyncStream.makeStream()
        }

        var logger: Logger {
            let record = self.record
            return Logger(label: "x") { _ in
                LineLogHandler(
                    formatter: LineFormatter(daemon: "d", format: .text),
                    output: LogOutput { line in
                        record.add(
                            line.split(separator: " ", maxSplits: 1).last.map(String.init)?
                                .trimmingCharacters(in: .newlines) ?? "")
                    }, level: .info)
            }
        }

        func readiness(servesHTTP: Bool = false) -> Readiness {
            Readiness(adminHost: "127.0.0.1", servesHTTP: servesHTTP, file: self.readyFile, logger: self.logger)
        }

        func supervisor(drainLimit: Duration = .seconds(60)) -> Supervisor {
            let record = self.record
            return Supervisor(
                logger: self.logger, health: self.health, readiness: self.readiness(), drainLimit: drainLimit,
                cancelLimit: .seconds(60), abandon: { record.add("abandoned") })
        }

        /// Runs the services; once `started` said so, gives the causes one after the other.
        func run(_ services: [any Service], _ given: [StopCause], drainLimit: Duration = .seconds(60)) async -> Int32 {
            await withTaskGroup(of: Int32?.self) { group in
                group.addTask { await self.supervisor(drainLimit: drainLimit).run(services, causes: self.causes) }
                group.addTask {
                    if !given.isEmpty { _ = await self.started.first { true } }
                    for cause in given { self.cause.yield(cause) }
                    return nil
                }
                var code: Int32?
                for await result in group { code = result ?? code }
                return code ?? -1
            }
        }
    }

    @Test(arguments: [StopCause.terminate, .interrupt])
    func stopsInTheReverseOrder(cause: StopCause) async {
        let fixture = Fixture()
        let record = fixture.record
        let services: [any Service] = [
            BackgroundService("client") {
                record.add("client started")
                defer { record.add("client stopped") }
                try await Task.sleep(for: .seconds(3_600))
            },
            Loop(name: "first", record: record), Loop(name: "second", record: record, started: fixture.start),
        ]
        #expect(await fixture.run(services, [cause]) == 0)
        #expect(
            record.all.filter { $0.hasSuffix(" stopped") }
                == ["second stopped", "first stopped", "client stopped", "info d: stopped"])
        #expect(await !fixture.health.isReady())
    }

    @Test func readinessFailsBeforeAnythingStops() async {
        let fixture = Fixture()
        let record = fixture.record
        let loop = Loop(name: "loop", record: record, started: fixture.start) {
            record.add(await fixture.health.isReady() ? "still ready" : "draining")
        }
        #expect(await fixture.run([loop], [.terminate]) == 0)
        #expect(record.all.contains("draining"))
    }

    @Test func aServiceThatThrowsStopsTheOthersInOrder() async {
        let fixture = Fixture()
        let record = fixture.record
        let services: [any Service] = [
            Loop(name: "well", record: record),
            BackgroundService("sick") { throw Broken() },
        ]
        #expect(await fixture.run(services, []) == 1)
        #expect(record.all.filter { $0.hasPrefix("error") } == ["error d: sick failed error=it broke"])
        #expect(record.all.contains("well stopped"))
    }

    @Test func aServiceThatEndsTooSoonIsAFailure() async {
        let fixture = Fixture()
        let services: [any Service] = [
            BackgroundService("short") {}, Loop(name: "well", record: fixture.record),
        ]
        #expect(await fixture.run(services, []) == 1)
        #expect(
            fixture.record.all.filter { $0.hasPrefix("error") }
                == ["error d: short ended although nobody had asked it to"])
        #expect(fixture.record.all.contains("well stopped"))
    }

    /// A client that ends while the loop above it still drains must not pull the loop down.
    @Test func aServiceMayEndBeforeItsTurnOnceDraining() async {
        let fixture = Fixture()
        let record = fixture.record
        let (gate, open) = AsyncStream.makeStream(of: Never.self)
        let (ended, end) = AsyncStream.makeStream(of: Never.self)
        let services: [any Service] = [
            BackgroundService("client") {
                for await _ in gate {}
                end.finish()
            },
            Loop(name: "loop", record: record, started: fixture.start) {
                open.finish()
                for await _ in ended {}
                try await Task.sleep(for: .milliseconds(20))
                record.add("loop drained")
            },
        ]
        #expect(await fixture.run(services, [.terminate]) == 0)
        #expect(record.all.contains("loop drained"))
    }

    @Test func anErrorWhileDrainingIsAFailure() async {
        let fixture = Fixture()
        let record = fixture.record
        let services: [any Service] = [
            Loop(name: "other", record: record),
            Loop(name: "loop", record: record, started: fixture.start) { throw Broken() },
        ]
        #expect(await fixture.run(services, [.terminate]) == 1)
        #expect(record.all.contains("error d: Loop failed error=it broke"))
        #expect(record.all.contains("other stopped"))
    }

    @Test func whatDoesNotStopInTimeIsCancelled() async {
        let fixture = Fixture()
        let loop = Loop(name: "slow", record: fixture.record, started: fixture.start) {
            try await Task.sleep(for: .seconds(3_600))
        }
        #expect(await fixture.run([loop], [.terminate], drainLimit: .milliseconds(30)) == 1)
        #expect(fixture.record.all.contains { $0.contains("not everything had stopped within 0.03 seconds") })
        #expect(!fixture.record.all.contains("abandoned"))
    }

    @Test func aSecondInterruptHastens() async {
        let fixture = Fixture()
        let loop = Loop(name: "slow", record: fixture.record, started: fixture.start) {
            try await Task.sleep(for: .seconds(3_600))
        }
        #expect(await fixture.run([loop], [.interrupt, .interrupt]) == 1)
        #expect(fixture.record.all.contains { $0.contains("interrupted again") })
    }

    @Test func aSecondTerminateChangesNothing() async {
        let fixture = Fixture()
        let loop = Loop(name: "slow", record: fixture.record, started: fixture.start) {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(await fixture.run([loop], [.terminate, .terminate]) == 0)
    }

    @Test func whatDoesNotEvenReactToCancellingIsAbandoned() async {
        let fixture = Fixture()
        let (gate, open) = AsyncStream.makeStream(of: Never.self)
        let record = fixture.record
        let loop = Loop(name: "deaf", record: record, started: fixture.start) {
            await Task { for await _ in gate {} }.value
        }
        let supervisor = Supervisor(
            logger: fixture.logger, health: fixture.health, readiness: fixture.readiness(),
            drainLimit: .milliseconds(20), cancelLimit: .milliseconds(20),
            abandon: {
                record.add("abandoned")
                // The process would end here; this one lets the service go instead.
                open.finish()
            })
        fixture.cause.yield(.terminate)
        _ = await supervisor.run([loop], causes: fixture.causes)
        #expect(record.all.contains("abandoned"))
    }

    @Test func signalsArrive() async {
        let (causes, continuation) = AsyncStream.makeStream(of: StopCause.self)
        // What arrives before the signals are trapped would end this process: ignore it until then, and repeat.
        signal(SIGUSR1, SIG_IGN)
        signal(SIGUSR2, SIG_IGN)
        await withTaskGroup { group in
            group.addTask {
                await Signals.watch([.sigusr1: .terminate, .sigusr2: .interrupt]) { continuation.yield($0) }
            }
            for (number, cause) in [(SIGUSR2, StopCause.interrupt), (SIGUSR1, .terminate)] {
                group.addTask {
                    while !Task.isCancelled {
                        kill(getpid(), number)
                        try? await Task.sleep(for: .milliseconds(10))
                    }
                }
                #expect(await causes.first { $0 == cause } == cause)
            }
            group.cancelAll()
        }
    }
}

@Suite struct ReadinessTests {
    private func readiness(servesHTTP: Bool, file: String?) -> Readiness {
        Readiness(
            adminHost: "127.0.0.1", servesHTTP: servesHTTP, file: file,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test func writesTheFileOnceEverythingIsThere() throws {
        let path = temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("stale".utf8).write(to: URL(filePath: path))
        let readiness = self.readiness(servesHTTP: true, file: path)
        readiness.expect(services: 2)
        #expect(!FileManager.default.fileExists(atPath: path), "an earlier run's file has to go")
        for step in [
            { readiness.bound(admin: 4_711) }, { readiness.serviceStarted() }, { readiness.bound(http: 8_080) },
        ] {
            step()
            #expect(!FileManager.default.fileExists(atPath: path))
        }
        readiness.serviceStarted()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == #"{"admin":4711,"http":8080}"#)
    }

    @Test func withoutHTTPItDoesNotWaitForIt() throws {
        let path = temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let readiness = self.readiness(servesHTTP: false, file: path)
        readiness.expect(services: 0)
        readiness.bound(admin: 4_711)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == #"{"admin":4711}"#)
    }

    @Test func aDaemonThatStopsIsNotAnnounced() {
        let path = temporaryPath()
        let readiness = self.readiness(servesHTTP: false, file: path)
        readiness.expect(services: 0)
        readiness.stop()
        readiness.bound(admin: 4_711)
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
