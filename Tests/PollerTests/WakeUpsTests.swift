import Notifications
import Testing

@testable import Poller

/// An hour: a wait that lasts as long has missed its wake-up.
private let forever: Int64 = 3_600_000_000

@Suite(.timeLimit(.minutes(5))) struct WakeUpsTests {
    @Test func theTimeIsOver() async {
        let wakeUps = WakeUps()
        #expect(await wakeUps.wait(0, microseconds: 1) == nil)
        #expect(await wakeUps.wait(0, microseconds: 0) == nil)
        #expect(await wakeUps.wait(0, microseconds: -1) == nil)
    }

    /// While a shard claims, nobody waits there.
    @Test func aWakeUpBetweenClaimsIsKept() async {
        let wakeUps = WakeUps()
        wakeUps.wake(0, for: at(5))
        #expect(await wakeUps.wait(0, microseconds: forever) == at(5))
        #expect(await wakeUps.wait(0, microseconds: 1) == nil, "it is told once")
    }

    /// A claim that is about to be made takes it along.
    @Test func aWakeUpIsTakenOnce() async {
        let wakeUps = WakeUps()
        #expect(wakeUps.take(0) == nil)
        wakeUps.wake(0, for: at(7))
        wakeUps.wake(0, for: at(5))
        wakeUps.wake(1, for: at(3))
        #expect(wakeUps.take(0) == at(5))
        #expect(wakeUps.take(0) == nil)
        #expect(await wakeUps.wait(0, microseconds: 1) == nil)
        #expect(wakeUps.take(1) == at(3))
    }

    @Test func ofSeveralTheEarliestCounts() async {
        let wakeUps = WakeUps()
        for time in [7, 3, 9] as [Int64] { wakeUps.wake(0, for: at(time)) }
        #expect(await wakeUps.wait(0, microseconds: forever) == at(3))
    }

    @Test func shardsDoNotWakeEachOther() async {
        let wakeUps = WakeUps()
        wakeUps.wake(1, for: at(5))
        #expect(await wakeUps.wait(0, microseconds: 1_000) == nil)
        #expect(await wakeUps.wait(1, microseconds: forever) == at(5))
    }

    /// Again and again, so that the wake-up comes before, during and after the start of the wait.
    @Test func aWaitEndsEarly() async {
        let wakeUps = WakeUps()
        for round in 0..<500 as Range<Int64> {
            async let woken = wakeUps.wait(0, microseconds: forever)
            for _ in 0..<(round % 10) { await Task.yield() }
            wakeUps.wake(0, for: at(round))
            #expect(await woken == at(round))
        }
    }

    @Test func manyShardsAtOnce() async {
        let wakeUps = WakeUps()
        let woken = await withTaskGroup(of: (Int32, Instant?).self) { group in
            for shard in 0..<32 as Range<Int32> {
                group.addTask { (shard, await wakeUps.wait(shard, microseconds: forever)) }
            }
            group.addTask {
                for shard in (0..<32 as Range<Int32>).reversed() { wakeUps.wake(shard, for: at(Int64(shard))) }
                return (-1, nil)
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(woken == Dictionary(uniqueKeysWithValues: (0..<32 as Range<Int32>).map { ($0, at(Int64($0))) }))
    }

    @Test func cancellingEndsTheWait() async {
        let wakeUps = WakeUps()
        for round in 0..<100 {
            let woken = await withTaskGroup(of: Instant?.self) { group in
                group.addTask { await wakeUps.wait(0, microseconds: forever) }
                for _ in 0..<(round % 5) { await Task.yield() }
                group.cancelAll()
                return await group.next() ?? at(-1)
            }
            #expect(woken == nil)
        }
        wakeUps.wake(0, for: at(5))
        #expect(await wakeUps.wait(0, microseconds: forever) == at(5), "the next wait is a good one")
    }
}
