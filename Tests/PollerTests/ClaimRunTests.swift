import Foundation
import Notifications
import Store
import Synchronization
import TestSupport
import Testing

@testable import Poller

@Suite struct ClaimRunTests {
    @Test(arguments: [(1, 1, 1), (2, 1, 1), (3, 1, 2), (4, 1, 2), (4, 2, 1), (5, 2, 2), (4, 1_024, 1)])
    func twoAtOnceWhereThereAreConnectionsForAllShards(connections: Int, shards: Int, atOnce: Int) {
        #expect(ClaimRun.atOnce(connections: connections, shards: shards) == atOnce)
    }

    /// The one after it is given up for its sake, and a third has to come through all the same.
    @Test func oneThatPublishesTooLateDoesNotStopTheOthers() async throws {
        let outbox = Outbox(30)
        let number = Mutex(0)
        let run = ClaimRun(atOnce: 2) { low, limit, turn in
            let own = number.withLock { number in
                defer { number += 1 }
                return number
            }
            return try await outbox.claim(low, limit, turn) {
                // The first is late for as long as the second waits for it.
                if own == 0 { await outbox.untilRolledBack() }
            }
        } woken: {
            nil
        }
        var pace = ClaimPace(batchSize: 10)
        for _ in 0..<5 where !outbox.isEmpty {
            let (after, next) = await run.run(pace)
            pace = after
            _ = try next.get()
        }
        #expect(outbox.isEmpty)
        #expect(outbox.published == Array(1...30))
    }

    @Test func noneIsBegunAfterOneThatFailed() async {
        let outbox = Outbox(100)
        let run = ClaimRun(atOnce: 2) { low, limit, turn in
            try await outbox.claim(low, limit, turn) { throw Failure() }
        } woken: {
            nil
        }
        let (pace, next) = await run.run(ClaimPace(batchSize: 10))
        #expect(throws: Failure.self) { try next.get() }
        #expect(pace.low == .beginning)
        #expect(outbox.claims <= 2 && outbox.published.isEmpty)
    }

    /// Whatever fails, is late or takes too long: a run without mishaps behind it finds all that was left.
    @Test(arguments: 0..<50 as Range<UInt64>)
    func everyRowIsPublishedInTheEnd(seed: UInt64) async throws {
        let random = Mutex(SeededGenerator(seed: seed))
        let outbox = Outbox(200)
        let isCalm = Flag()
        let run = ClaimRun(atOnce: 2) { low, limit, turn in
            let chance = isCalm.value ? 99 : random.withLock { Int.random(in: 0..<10, using: &$0) }
            if chance == 0 { throw Failure() }
            return try await outbox.claim(low, limit, turn) { if chance < 3 { throw Failure() } }
        } woken: {
            nil
        }
        var pace = ClaimPace(batchSize: 10)
        for _ in 0..<20 {
            (pace, _) = await run.run(pace)
        }
        isCalm.value = true
        for _ in 0..<50 where !outbox.isEmpty {
            let (after, next) = await run.run(pace)
            #expect(throws: Never.self) { try next.get() }
            pace = after
        }
        #expect(outbox.isEmpty)
        #expect(Set(outbox.published) == Set(1...200))
    }
}

private struct Failure: Error {}

/// Rows by their due time, some of which are locked by a claim.
private final class Outbox: Sendable {
    private struct State {
        var rows: [Int]
        var locked: Set<Int> = []
        var published: [Int] = []
        var claims = 0
    }

    private let state: Mutex<State>
    private let rollbacks = AsyncStream.makeStream(of: Void.self)

    init(_ count: Int) {
        self.state = Mutex(State(rows: Array(1...count)))
    }

    var isEmpty: Bool { self.state.withLock { $0.rows.isEmpty } }
    var published: [Int] { self.state.withLock { $0.published } }
    var claims: Int { self.state.withLock { $0.claims } }

    func untilRolledBack() async {
        for await _ in self.rollbacks.stream { return }
    }

    func claim(
        _ low: OutboxPlace, _ limit: Int32, _ turn: ClaimTurn, publish: () async throws -> Void
    ) async throws -> Claiming.Outcome {
        let taken = self.state.withLock { state in
            state.claims += 1
            let taken = state.rows.filter { !state.locked.contains($0) && place(Int64($0)) > low }.prefix(Int(limit))
            state.locked.formUnion(taken)
            return Array(taken)
        }
        defer { self.state.withLock { $0.locked.subtract(taken) } }
        turn.took(
            ClaimTurn.Taken(count: taken.count, last: taken.last.map { place(Int64($0)) }, took: .milliseconds(1)))
        do {
            try await turn.begin()
            try await publish()
        } catch {
            self.rollbacks.continuation.yield()
            throw error
        }
        turn.published()
        self.state.withLock { state in
            state.published += taken
            state.rows.removeAll(where: taken.contains)
        }
        return Claiming.Outcome(givenBack: 0)
    }
}
