import Notifications
import Store
import TestSupport
import Testing

@testable import Poller

@Suite struct ClaimPaceTests {
    private let start = ContinuousClock.now

    @Test func theFirstClaimLooksAtEverything() {
        var pace = ClaimPace(batchSize: 500)
        pace.willClaim(at: self.start)
        #expect(pace.low == before(0))
        #expect(pace.limit == 500)
    }

    @Test func lowFollowsTheClaims() {
        var pace = ClaimPace(batchSize: 500)
        pace.willClaim(at: self.start)
        #expect(pace.claimed(count: 3, last: place(30)) == .wait)
        #expect(pace.low == place(30))
        pace.willClaim(at: self.start)
        #expect(pace.low == place(30), "behind the last one, also where others are due at the same time")
        #expect(pace.claimed(count: 0, last: nil) == .wait)
        #expect(pace.low == place(30))
    }

    @Test func aFullClaimIsFollowedByAnother() {
        var pace = ClaimPace(batchSize: 500)
        #expect(pace.claimed(count: 500, last: place(1)) == .claimAgain)
        #expect(pace.claimed(count: 501, last: place(2)) == .claimAgain)
        #expect(pace.claimed(count: 499, last: place(3)) == .wait)
        #expect(pace.claimed(count: 0, last: nil) == .wait)
    }

    @Test func anEarlierWakeUpLowersIt() {
        var pace = ClaimPace(batchSize: 500)
        _ = pace.claimed(count: 1, last: place(100))
        pace.woken(for: at(200))
        #expect(pace.low == place(100))
        pace.woken(for: at(50))
        #expect(pace.low == before(50))
    }

    @Test func aSweepBeginsAnewOnlyNowAndThen() {
        var pace = ClaimPace(batchSize: 500)
        pace.willClaim(at: self.start)
        _ = pace.claimed(count: 500, last: place(100))
        pace.willClaim(at: self.start + ClaimPace.sweepEvery - .nanoseconds(1))
        #expect(pace.low == place(100))
        pace.willClaim(at: self.start + ClaimPace.sweepEvery)
        #expect(pace.low == before(0))
        _ = pace.claimed(count: 500, last: place(100))
        pace.willClaim(at: self.start + ClaimPace.sweepEvery * 2 - .nanoseconds(1))
        #expect(pace.low == place(100))
    }

    @Test func aSweepThatTakesTooLongIsPutOff() {
        var pace = ClaimPace(batchSize: 500)
        pace.willClaim(at: self.start)
        _ = pace.claimed(count: 500, last: place(100))
        let sweep = self.start + ClaimPace.sweepEvery
        pace.willClaim(at: sweep)
        #expect(pace.low == before(0))
        pace.failed()
        #expect(pace.low == before(0), "brokers that are away say nothing of the sweep")
        pace.failed(isTimeout: true)
        #expect(pace.low == place(100))
        pace.failed(isTimeout: true)
        #expect(pace.low == place(100))
        pace.willClaim(at: sweep + ClaimPace.unfinishedSweepPause - .nanoseconds(1))
        #expect(pace.low == place(100))
        pace.willClaim(at: sweep + ClaimPace.unfinishedSweepPause)
        #expect(pace.low == before(0))
    }

    @Test func whatWasPutBackIsLeftAloneForAWhile() {
        var pace = ClaimPace(batchSize: 500)
        pace.willClaim(at: self.start)
        #expect(pace.claimed(count: 500, last: place(100)) == .claimAgain)
        pace.published(givenBackAt: self.start)
        let end = self.start + ClaimPace.givenBackPause
        pace.willClaim(at: end - .nanoseconds(1))
        #expect(pace.low == place(100))
        pace.sweep(at: end - .nanoseconds(1))
        #expect(pace.low == place(100), "nor does the safety net")
        pace.willClaim(at: end)
        #expect(pace.low == before(0))
        _ = pace.claimed(count: 1, last: place(100))
        pace.sweep(at: end + .nanoseconds(1))
        #expect(pace.low == before(0), "all was published")
    }

    @Test func theSafetyNetSweeps() {
        var pace = ClaimPace(batchSize: 500)
        pace.willClaim(at: self.start)
        _ = pace.claimed(count: 1, last: place(100))
        pace.sweep(at: self.start + .milliseconds(600))
        #expect(pace.low == before(0))
        _ = pace.claimed(count: 1, last: place(100))
        pace.willClaim(at: self.start + .milliseconds(1_400))
        #expect(pace.low == place(100), "the last sweep was 800 ms ago")
    }

    /// Where many dead entries lie about, sweeps take at most a tenth of the time.
    @Test func aSlowSweepPutsTheNextOneOff() {
        var pace = ClaimPace(batchSize: 500)
        pace.willClaim(at: self.start)
        _ = pace.claimed(count: 500, last: place(100), took: .milliseconds(700))
        // Only the claim that began as a sweep counts.
        _ = pace.claimed(count: 500, last: place(200), took: .seconds(60))
        pace.willClaim(at: self.start + .milliseconds(6_999))
        #expect(pace.low == place(200))
        pace.willClaim(at: self.start + .seconds(7))
        #expect(pace.low == before(0))
        _ = pace.claimed(count: 500, last: place(100), took: .milliseconds(1))
        pace.willClaim(at: self.start + .milliseconds(8_000))
        #expect(pace.low == before(0), "a quick one is followed by the next after a second again")
    }

    @Test func failuresHalveTheBatchDownToTen() {
        var pace = ClaimPace(batchSize: 500)
        var limits: [Int32] = []
        for _ in 0..<8 {
            pace.failed()
            limits.append(pace.limit)
        }
        #expect(limits == [250, 125, 62, 31, 15, 10, 10, 10])
        limits = []
        for _ in 0..<8 {
            pace.published()
            limits.append(pace.limit)
        }
        #expect(limits == [20, 40, 80, 160, 320, 500, 500, 500])
    }

    @Test func aFailureDoesNotMoveLow() {
        var pace = ClaimPace(batchSize: 500)
        _ = pace.claimed(count: 1, last: place(100))
        pace.failed()
        #expect(pace.low == place(100))
    }

    /// Others may have gone on behind what comes back.
    @Test func whatWasRolledBackIsClaimedAgain() {
        var pace = ClaimPace(batchSize: 500)
        pace.willClaim(at: self.start)
        _ = pace.claimed(count: 500, last: place(100))
        _ = pace.claimed(count: 500, last: place(200))
        pace.rolledBack(to: place(100), onward: place(100))
        #expect(pace.low == place(100))
        pace.rolledBack(to: place(150), onward: place(150))
        #expect(pace.low == place(100), "what comes later is behind it anyway")
        _ = pace.claimed(count: 500, last: place(200))
        #expect(pace.low == place(200))
    }

    /// Where a sweep that came to nothing takes too long the next time, it is put off, and no further than to what is
    /// known to wait.
    @Test func aSweepThatTakesTooLongLeadsPastNothingThatWasRolledBack() {
        var pace = ClaimPace(batchSize: 500)
        pace.willClaim(at: self.start)
        _ = pace.claimed(count: 500, last: place(50))
        let low = pace.low
        _ = pace.claimed(count: 500, last: place(200))
        pace.rolledBack(to: low, onward: low)
        pace.failed()
        pace.willClaim(at: self.start + ClaimPace.sweepEvery)
        #expect(pace.low == before(0))
        pace.rolledBack(to: pace.low, onward: pace.onward)
        pace.failed(isTimeout: true)
        #expect(pace.low == place(50))
        pace.willClaim(at: self.start + ClaimPace.sweepEvery + ClaimPace.unfinishedSweepPause)
        #expect(pace.low == before(0))
    }

    /// A reduced claim that came back full may have left something behind.
    @Test func fullIsMeasuredByTheReducedLimit() {
        var pace = ClaimPace(batchSize: 500)
        pace.failed()
        #expect(pace.claimed(count: 250, last: place(1)) == .claimAgain)
    }

    @Test(arguments: [1, 3, 9, 10, 11, 5_000] as [Int32])
    func smallBatches(size: Int32) {
        var pace = ClaimPace(batchSize: size)
        for _ in 0..<20 { pace.failed() }
        #expect(pace.limit == min(10, size))
        _ = pace.claimed(count: 0, last: nil)
        #expect(pace.limit == min(10, size), "claimed is not yet published")
        for _ in 0..<20 { pace.published() }
        #expect(pace.limit == size)
    }

    /// Whatever happens in whatever order: nothing that somebody knows to be waiting lies below `low`.
    @Test(arguments: 0..<100 as Range<UInt64>)
    func nothingKnownIsOverlooked(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let size = Int32.random(in: 1...1_000, using: &random)
        var pace = ClaimPace(batchSize: size)
        var now = self.start
        // No row is left below this: all that were due earlier are claimed, and no wake-up named one since.
        var bound = before(0)
        // The same, were there no sweep.
        var onward = before(0)
        var isSweeping = false
        var lastSweep: ContinuousClock.Instant?
        var pause = Duration.seconds(1)
        func sweep() {
            if !isSweeping { onward = bound }
            (bound, lastSweep, isSweeping, pause) = (before(0), now, true, .seconds(1))
        }
        for _ in 0..<300 {
            switch Int.random(in: 0...7, using: &random) {
            case 0:
                now += .milliseconds(Int.random(in: 0...12_000, using: &random))
                pace.willClaim(at: now)
                if lastSweep.map({ now - $0 >= pause }) ?? true { sweep() }
            case 1:
                pace.sweep(at: now)
                sweep()
            case 2:
                let before = pace.limit
                pace.failed()
                #expect(pace.limit <= before)
            case 3:
                let dueAt = at(.random(in: 1...10_000, using: &random))
                pace.woken(for: dueAt)
                bound = min(bound, OutboxPlace(before: dueAt))
                onward = min(onward, OutboxPlace(before: dueAt))
                #expect(pace.low.dueAt <= dueAt)
            case 4:
                let start = place(.random(in: 1...10_000, using: &random))
                pace.rolledBack(to: start, onward: start)
                bound = min(bound, start)
                onward = min(onward, start)
            case 5:
                pace.failed(isTimeout: true)
                if isSweeping { (bound, isSweeping, pause) = (onward, false, .seconds(10)) }
            default:
                let count = Int.random(in: 0...Int(pace.limit), using: &random)
                let last = count == 0 ? nil : place(.random(in: pace.low.dueAt.microseconds...20_000, using: &random))
                let wasFull = count == Int(pace.limit)
                #expect(pace.claimed(count: count, last: last) == (wasFull ? .claimAgain : .wait))
                pace.published()
                bound = max(bound, last ?? bound)
                if isSweeping { pause = .seconds(1) }
                isSweeping = false
            }
            #expect(pace.low == bound)
            #expect(pace.low >= before(0))
            #expect((min(10, size)...size).contains(pace.limit))
        }
    }
}
