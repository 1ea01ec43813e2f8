import Synchronization
import Testing

@testable import Operations

/// Runs a health's checks while the body asks.
func withRunning<Result: Sendable>(
    _ health: Health, _ body: @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup { group in
        group.addTask { try await health.run() }
        defer { group.cancelAll() }
        return try await body()
    }
}

@Suite struct HealthReportTests {
    private func report(
        _ entries: [(Health.Requirement, good: Bool)], draining: Bool = false
    ) -> HealthReport {
        HealthReport(
            entries: entries.enumerated().map { index, entry in
                .init(
                    name: "part\(index)", requirement: entry.0, outcome: entry.good ? .good : .bad("a\nreason"),
                    since: "then")
            }, drainingSince: draining ? "now" : nil)
    }

    @Test func nothingRegisteredIsReady() {
        #expect(self.report([]).isReady)
        #expect(!self.report([], draining: true).isReady)
    }

    /// The API's rule: tokens, and Kafka or Postgres.
    @Test(arguments: [true, false], [(true, true), (true, false), (false, true), (false, false)])
    func groups(tokens: Bool, backends: (Bool, Bool)) {
        let entries: [(Health.Requirement, good: Bool)] = [
            (.required, tokens), (.anyOf("backends"), backends.0), (.anyOf("backends"), backends.1),
            (.informational, false),
        ]
        #expect(self.report(entries).isReady == (tokens && (backends.0 || backends.1)))
        #expect(!self.report(entries, draining: true).isReady)
    }

    @Test func groupsDoNotHelpEachOther() {
        let report = self.report([(.anyOf("a"), true), (.anyOf("b"), false), (.anyOf("b"), false)])
        #expect(report.missing == ["any of part1, part2"])
    }

    @Test func inPlainWords() {
        let entries: [(Health.Requirement, good: Bool)] = [
            (.required, true), (.required, false), (.anyOf("x"), false), (.informational, false),
        ]
        #expect(self.report(entries).text(verbose: false) == "not ready: part1; any of part2\n")
        #expect(
            self.report(entries).text(verbose: true) == """
                not ready: part1; any of part2
                part0 (required): ok since then
                part1 (required): failing since then: a reason
                part2 (one of x is enough): failing since then: a reason
                part3 (not needed): failing since then: a reason

                """)
        #expect(self.report([(.required, true)]).text(verbose: false) == "ready\n")
        #expect(
            self.report([(.required, true)], draining: true).text(verbose: true) == """
                not ready: draining
                shutdown: draining since now
                part0 (required): ok since then

                """)
    }
}

@Suite struct HealthTests {
    private struct Down: Error, CustomStringConvertible {
        var description: String { "connection refused" }
    }

    private func outcome(_ name: String, of health: Health) async -> Health.Outcome? {
        await health.report().entries.first { $0.name == name }?.outcome
    }

    @Test func checksAreMadeWhenAsked() async throws {
        let health = Health()
        health.check("good", timeout: .seconds(60)) {}
        health.check("bad", timeout: .seconds(60)) { throw Down() }
        try await withRunning(health) {
            #expect(await self.outcome("good", of: health) == .good)
            #expect(await self.outcome("bad", of: health) == .bad("connection refused"))
            #expect(await !health.isReady())
        }
    }

    @Test func flags() async throws {
        let health = Health()
        let flag = health.flag("tokens", reason: "not loaded yet")
        #expect(await self.outcome("tokens", of: health) == .bad("not loaded yet"))
        flag.setGood()
        #expect(await health.isReady())
        flag.setBad("gone")
        #expect(await self.outcome("tokens", of: health) == .bad("gone"))
    }

    @Test func manyWhoAskMakeOneCheck() async throws {
        let health = Health(maximumAge: .seconds(60))
        let calls = Atomic(0)
        let (gate, open) = AsyncStream.makeStream(of: Never.self)
        health.check("slow", timeout: .seconds(60)) {
            calls.add(1, ordering: .relaxed)
            for await _ in gate {}
        }
        try await withRunning(health) {
            let ready = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 { group.addTask { await health.isReady() } }
                // The fifty-first opens; whoever comes later finds the answer of the same check.
                group.addTask {
                    open.finish()
                    return await health.isReady()
                }
                return await group.reduce(true) { $0 && $1 }
            }
            #expect(ready)
            #expect(await health.isReady())
        }
        #expect(calls.load(ordering: .relaxed) == 1)
    }

    @Test func anOldAnswerIsNotUsedAgain() async throws {
        let health = Health(maximumAge: .zero)
        let calls = Atomic(0)
        health.check("counted", timeout: .seconds(60)) { calls.add(1, ordering: .relaxed) }
        try await withRunning(health) {
            for _ in 0..<3 { _ = await health.report() }
        }
        #expect(calls.load(ordering: .relaxed) == 3)
    }

    @Test func aCheckThatHangsCountsAsBadAndHoldsUpNothing() async throws {
        let health = Health(maximumAge: .zero)
        let calls = Atomic(0)
        let (gate, open) = AsyncStream.makeStream(of: Never.self)
        health.check("deaf", timeout: .milliseconds(50)) {
            calls.add(1, ordering: .relaxed)
            // Does not react to cancelling.
            await Task { for await _ in gate {} }.value
        }
        health.check("well", timeout: .seconds(60)) {}
        try await withRunning(health) {
            // It is over its time on the first asking, and is not waited for on the others.
            for _ in 0..<3 {
                #expect(await self.outcome("deaf", of: health) == .bad("no answer within 0.05 seconds"))
                #expect(await self.outcome("well", of: health) == .good)
            }
            open.finish()
        }
        #expect(calls.load(ordering: .relaxed) == 1)
    }

    @Test func aSlowCheckIsCancelled() async throws {
        let health = Health()
        let (cancelled, continuation) = AsyncStream.makeStream(of: Void.self)
        health.check("slow", timeout: .milliseconds(20)) {
            do {
                try await Task.sleep(for: .seconds(3_600))
            } catch {
                continuation.yield()
                throw error
            }
        }
        try await withRunning(health) {
            #expect(await !health.isReady())
            #expect(await cancelled.first { true } != nil)
        }
    }

    @Test func drainingComesFirst() async throws {
        let health = Health(maximumAge: .zero)
        let calls = Atomic(0)
        health.check("counted", timeout: .seconds(60)) { calls.add(1, ordering: .relaxed) }
        try await withRunning(health) {
            #expect(await health.isReady())
            health.beginDraining()
            health.beginDraining()
            #expect(await health.report().text(verbose: false) == "not ready: draining\n")
        }
        #expect(calls.load(ordering: .relaxed) == 1)
    }

    @Test func sinceTellsTheLastChange() async throws {
        let health = Health()
        let flag = health.flag("part")
        let first = await health.report().entries[0].since
        flag.setBad("for another reason")
        #expect(await health.report().entries[0].since == first)
        flag.setGood()
        let second = await health.report().entries[0].since
        #expect(second > first)
        flag.setGood()
        #expect(await health.report().entries[0].since == second)
    }
}
