import Notifications
import TestSupport
import Testing

@testable import Poller

@Suite struct ClaimWaitTests {
    private func pace() -> ClaimPace { ClaimPace(batchSize: 500) }

    @Test(arguments: [1, 2, 499_999] as [Int64])
    func untilSomethingIsDue(microseconds: Int64) {
        var pace = self.pace()
        #expect(pace.wait(untilDue: microseconds, jitter: 0) == .until(microseconds: microseconds))
    }

    @Test(arguments: [nil, 500_000, 500_001, Int64.max])
    func orTheSafetyNet(microseconds: Int64?) {
        var pace = self.pace()
        #expect(pace.wait(untilDue: microseconds, jitter: 0) == .safetyNet(microseconds: 500_000))
    }

    @Test(
        arguments: [(-1, 500_000), (0, 500_000), (0.5, 750_000), (1, 1_000_000), (2, 1_000_000)] as [(Double, Int64)])
    func jitterSpreadsTheNet(jitter: Double, microseconds: Int64) {
        var pace = self.pace()
        #expect(pace.wait(untilDue: nil, jitter: jitter) == .safetyNet(microseconds: microseconds))
    }

    /// It may have fallen due since the claim. Only what a second claim does not get either is held by another poller.
    @Test(arguments: [0, -1, Int64.min])
    func whatIsDueAlreadyIsClaimedAtOnceAndThenLookedForSoon(microseconds: Int64) {
        var pace = self.pace()
        #expect(pace.wait(untilDue: microseconds, jitter: 0) == .none)
        _ = pace.claimed(count: 0, last: nil)
        #expect(pace.wait(untilDue: microseconds, jitter: 0) == .until(microseconds: 20_000))
        #expect(pace.wait(untilDue: microseconds, jitter: 1) == .until(microseconds: 40_000))
    }

    /// What was held is over, so what falls due next is claimed at once again.
    @Test func aHeldRowIsForgotten() {
        let endings: [(inout ClaimPace) -> Void] = [
            { $0.woken(for: at(1)) }, { _ = $0.claimed(count: 1, last: place(1)) },
            { _ = $0.wait(untilDue: 1, jitter: 0) },
            { _ = $0.wait(untilDue: 900_000, jitter: 0) }, { _ = $0.wait(untilDue: nil, jitter: 0) },
        ]
        for end in endings {
            var pace = self.pace()
            for _ in 0..<3 { _ = pace.wait(untilDue: 0, jitter: 0) }
            end(&pace)
            #expect(pace.wait(untilDue: 0, jitter: 0) == .none)
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func neverLongerThanASecondAndNeverPastTheDueTime(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var pace = self.pace()
        for _ in 0..<200 {
            let untilDue = Bool.random(using: &random) ? nil : Int64.random(in: -1_000_000...3_000_000, using: &random)
            switch pace.wait(untilDue: untilDue, jitter: .random(in: 0...1, using: &random)) {
            case .none: #expect((untilDue ?? 1) <= 0)
            case .until(let microseconds):
                #expect(microseconds == untilDue || ((untilDue ?? 1) <= 0 && (20_000...40_000).contains(microseconds)))
            case .safetyNet(let microseconds):
                #expect((500_000...ClaimPace.safetyNetMicroseconds).contains(microseconds))
                #expect(untilDue.map { $0 >= microseconds } ?? true)
            }
        }
    }
}
