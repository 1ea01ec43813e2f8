import Testing

@testable import API

@Suite struct PollPaceTests {
    private static let start = ContinuousClock.now

    /// A pace at which, from second 0 on, so many requests are under way.
    private static func pace(base: Int = 30, connections: Int = 4, underWay: Int) -> PollPace {
        var pace = PollPace(baseSeconds: base, connections: connections, at: Self.start)
        for _ in 0..<underWay { pace.began(at: Self.start) }
        return pace
    }

    private static func seconds(_ count: Int) -> ContinuousClock.Instant { Self.start + .seconds(count) }

    @Test(arguments: [1, 7, 30, 60], [0, 1, 4, 8])
    func withoutLoadItIsTheBase(_ base: Int, _ underWay: Int) {
        var pace = Self.pace(base: base, underWay: underWay)
        for second in [0, 1, 10, 10_000] { #expect(pace.seconds(at: Self.seconds(second)) == base) }
    }

    @Test func itGrowsWithWhatWaitsAndFallsAgain() {
        var pace = Self.pace(base: 10, connections: 2, underWay: 40)
        #expect(pace.seconds(at: Self.start) == 10, "a burst is no load")
        let growing = (1...10).map { pace.seconds(at: Self.seconds($0)) }
        #expect(growing == growing.sorted())
        #expect(growing[0] > 10 && growing[9] > growing[0])
        for _ in 0..<40 { pace.ended(at: Self.seconds(10)) }
        #expect(pace.underWay == 0)
        let falling = (11...60).map { pace.seconds(at: Self.seconds($0)) }
        #expect(falling == falling.sorted(by: >))
        #expect(falling.last == 10)
    }

    @Test func itIsNeverMoreThanAMinuteOrLessThanTheBase() {
        for base in [1, 29, 30, 31, 59, 60] {
            var pace = Self.pace(base: base, connections: 1, underWay: 100_000)
            for second in 0..<100 { #expect((base...60).contains(pace.seconds(at: Self.seconds(second)))) }
            #expect(pace.seconds(at: Self.seconds(1_000)) == 60)
        }
    }

    @Test func morePoolIsLessLoad() {
        let paces = [1, 2, 4, 8, 16, 32].map { connections in
            var pace = Self.pace(base: 1, connections: connections, underWay: 60)
            return pace.seconds(at: Self.seconds(10))
        }
        #expect(paces == paces.sorted(by: >))
        #expect(paces[0] > paces[5] && paces[5] == 1)
    }

    /// After a long time with nothing to do, one look is enough for the base.
    @Test func whatIsLongAgoIsForgotten() {
        var pace = Self.pace(base: 30, connections: 1, underWay: 20)
        #expect(pace.seconds(at: Self.seconds(60)) == 60)
        for _ in 0..<20 { pace.ended(at: Self.seconds(60)) }
        #expect(pace.seconds(at: Self.seconds(3_600)) == 30)
    }

    /// Short requests, however many after each other, are no load.
    @Test func oneAfterTheOtherIsNoLoad() {
        var pace = PollPace(baseSeconds: 30, connections: 1, at: Self.start)
        for step in 0..<1_000 {
            pace.began(at: Self.start + .milliseconds(step * 10))
            pace.ended(at: Self.start + .milliseconds(step * 10 + 9))
        }
        #expect(pace.seconds(at: Self.seconds(10)) == 30)
    }

    /// Whatever clock tells a caller an earlier time than another one did, nothing is counted backwards.
    @Test func anEarlierTimeChangesNothing() {
        var pace = Self.pace(base: 10, connections: 1, underWay: 50)
        let now = pace.seconds(at: Self.seconds(10))
        #expect(pace.seconds(at: Self.seconds(5)) == now)
        #expect(pace.seconds(at: Self.seconds(10)) == now)
    }
}
