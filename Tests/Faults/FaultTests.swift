import Foundation
import Testing

@testable import Harness

/// P1 to P5 under faults: for each seed a random load and random faults at once; then every answer is compared with what
/// came of it.
@Suite(
    .serialized, .timeLimit(.minutes(10)), .notingTrouble, .alone, .suffering,
    .disabled(if: Brokers.areExternal, "the faults are those of embedded brokers"))
struct FaultTests {
    @Test("every promise is kept", arguments: Seeds.wanted)
    func seed(_ seed: UInt64) async throws {
        let suffering = try #require(Suffering.current)
        let result = try await FaultRun(seed: seed, suffering: suffering).run()
        print(result.report.summary)
        if ProcessInfo.processInfo.environment["NOTIFI_FAULT_VERBOSE"] != nil { print(result.report.log.text) }
        if !result.verdict.violations.isEmpty {
            try result.report.keep()
            Issue.record("\(result.report.text)")
        }
        // A run in which nothing was accepted, cancelled or seen would show nothing.
        let observed = result.observed
        #expect(observed.trails.count > 150 && observed.sightings.count > 50, "\(result.report.summary)")
        #expect(observed.cancels.count { $0.answer != nil } > 20, "\(result.report.summary)")
        #expect(observed.moves.contains { $0.isMoved != nil }, "\(result.report.summary)")
        #expect(observed.marks.contains { $0.isMarked == true }, "\(result.report.summary)")
        #expect(result.report.log.failures == 0, "\(result.report.log.text)")
        if seed == Seeds.wanted.first { try await Self.expectSabotageFound(result, suffering.installation.database) }
    }

    /// The same run is judged again after its tables were tampered with, in each way that a fault of the daemons could
    /// leave them: a judge that finds nothing then would not be one.
    private static func expectSabotageFound(_ result: FaultRun.Result, _ database: Database) async throws {
        for sabotage in Sabotage.all {
            let count = try await sabotage.run(
                on: database, users: result.look.quiet.users, observed: result.observed)
            try #require(count == 1, "\(sabotage.kind) could not be made")
        }
        let kinds = Set(Verdict(try await result.look.completed(result.observed)).violations.map(\.kind))
        for sabotage in Sabotage.all { #expect(kinds.contains(sabotage.kind), "\(sabotage.kind) was not found") }
    }
}

/// Which seeds to run: `NOTIFI_FAULT_SEED=7` is that one, `NOTIFI_FAULT_SEEDS=100` are the first hundred,
/// `NOTIFI_FAULT_SEEDS=101-200` those from one to the other. `NOTIFI_FAULT_KINDS=kill,clock` leaves all other faults out.
enum Seeds {
    static let kinds = Set(
        (ProcessInfo.processInfo.environment["NOTIFI_FAULT_KINDS"] ?? "").split(separator: ",").map(String.init))

    static let wanted: [UInt64] = {
        let environment = ProcessInfo.processInfo.environment
        if let one = environment["NOTIFI_FAULT_SEED"].flatMap({ UInt64($0) }) { return [one] }
        return Self.read(environment["NOTIFI_FAULT_SEEDS"] ?? "") ?? [1, 2, 3]
    }()

    static func read(_ text: String) -> [UInt64]? {
        let bounds = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
        switch bounds.count {
        case 1: return bounds[0].flatMap { $0 >= 1 ? Array(1...$0) : nil }
        case 2:
            guard let first = bounds[0], let last = bounds[1], first <= last else { return nil }
            return Array(first...last)
        default: return nil
        }
    }
}
