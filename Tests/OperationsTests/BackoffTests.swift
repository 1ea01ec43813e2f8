import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Operations

@Suite struct BackoffTests {
    @Test func pausesStayWithinTheirCeiling() {
        for seed in 0..<200 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let base = Duration.milliseconds(Int.random(in: 1...1_000, using: &generator))
            let cap = Duration.milliseconds(Int.random(in: 1...10_000, using: &generator))
            var backoff = Backoff(base: base, cap: cap)
            var ceiling = base
            for _ in 0..<100 {
                #expect(backoff.ceiling == ceiling)
                let pause = backoff.next(using: &generator)
                #expect(pause >= .zero && pause <= ceiling)
                ceiling = min(ceiling * 2, max(cap, base))
            }
            #expect(backoff.ceiling == max(cap, base))
            backoff.reset()
            #expect(backoff.ceiling == base)
        }
    }

    @Test func theDefaultsAre50MillisecondsTo5Seconds() {
        let backoff = Backoff()
        #expect(backoff.base == .milliseconds(50) && backoff.cap == .seconds(5))
    }

    @Test func theJitterIsFull() {
        var generator = SeededGenerator(seed: 1)
        let pauses = (0..<1_000).map { _ in
            var backoff = Backoff(base: .seconds(1), cap: .seconds(1))
            return backoff.next(using: &generator)
        }
        for tenth in 0..<10 {
            let range = Duration.milliseconds(tenth * 100)..<Duration.milliseconds(tenth * 100 + 100)
            #expect(pauses.count { range.contains($0) } > 50)
        }
    }

    @Test func oddBoundsDoNoHarm() {
        var backoff = Backoff(base: .seconds(-1), cap: .zero)
        for _ in 0..<100 { #expect(backoff.next() >= .zero) }
        var endless = Backoff(base: .seconds(1), cap: .seconds(Int64.max / 4))
        for _ in 0..<200 { #expect(endless.next() >= .zero) }
    }
}

@Suite struct FailureLogTests {
    @Test func theFirstOneAndThenSeldom() {
        var log = FailureLog(interval: .seconds(30))
        let start = ContinuousClock.now
        let logged = (0...100).filter { log.failed(at: start + .seconds($0)) }
        #expect(logged == [0, 30, 60, 90])
        #expect(log.failures == 101)
        #expect(log.recovered(at: start + .seconds(101)) == .seconds(101))
        #expect(FailureLog().recovered(at: start) == nil)
    }
}

@Suite struct RetryTests {
    private struct Away: Error {}
    private struct Hopeless: Error {}

    private static let quick = Backoff(base: .microseconds(1), cap: .microseconds(10))
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test func triesUntilItSucceeds() async throws {
        let lines = Mutex<[String]>([])
        let logger = Logger(label: "x") { _ in
            LineLogHandler(
                formatter: LineFormatter(daemon: "d", format: .text),
                output: LogOutput { line in lines.withLock { $0.append(line) } }, level: .info)
        }
        var attempts = 0
        let result = try await retryForever(
            "storing", logger: logger, backoff: Self.quick, isRetriable: { $0 is Away }
        ) {
            attempts += 1
            if attempts < 20 { throw Away() }
            return attempts
        }
        #expect(result == 20)
        let said = lines.withLock { $0 }
        #expect(said.count == 2)
        #expect(said.first?.contains("warning d: storing failed and is tried again") == true)
        #expect(said.last?.contains("info d: storing succeeded again") == true)
        #expect(said.last?.contains("attempts=20") == true)
    }

    @Test func anErrorThatStaysIsThrown() async {
        var attempts = 0
        await #expect(throws: Hopeless.self) {
            try await retryForever("storing", logger: self.logger, isRetriable: { $0 is Away }) {
                attempts += 1
                throw Hopeless()
            }
        }
        #expect(attempts == 1)
    }

    @Test func cancellingEndsAPause() async throws {
        let logger = self.logger
        let (failed, continuation) = AsyncStream.makeStream(of: Void.self)
        await withTaskGroup { group in
            group.addTask {
                await #expect(throws: CancellationError.self) {
                    try await retryForever(
                        "storing", logger: logger, backoff: Backoff(base: .seconds(3_600), cap: .seconds(3_600)),
                        isRetriable: { _ in true }
                    ) {
                        continuation.yield()
                        throw Away()
                    }
                }
            }
            _ = await failed.first { true }
            group.cancelAll()
        }
    }

    @Test func aStoppingDaemonGivesUp() async {
        var attempts = 0
        await #expect(throws: Away.self) {
            try await retryForever(
                "storing", logger: self.logger, backoff: Self.quick, isRetriable: { _ in true },
                isStopping: { attempts == 3 }
            ) {
                attempts += 1
                throw Away()
            }
        }
        #expect(attempts == 4)
    }

    /// A shutdown cuts an hour's pause short, one last attempt is made, and its error is thrown.
    @Test func aShutdownCutsThePauseShort() async throws {
        let service = Retrying()
        let group = ServiceGroup(
            services: [service], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await withTaskGroup { tasks in
            tasks.addTask { await #expect(throws: Away.self) { try await group.run() } }
            _ = await service.failures.first { true }
            await group.triggerGracefulShutdown()
        }
        #expect(service.attempts.load(ordering: .relaxed) == 2)
    }

    private final class Retrying: Service {
        let attempts = Atomic(0)
        let failures: AsyncStream<Void>
        private let failure: AsyncStream<Void>.Continuation

        init() {
            (self.failures, self.failure) = AsyncStream.makeStream()
        }

        func run() async throws {
            try await retryForever(
                "storing", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                backoff: Backoff(base: .seconds(3_600), cap: .seconds(3_600)), isRetriable: { _ in true }
            ) {
                self.attempts.add(1, ordering: .relaxed)
                self.failure.yield()
                throw Away()
            }
        }
    }
}
