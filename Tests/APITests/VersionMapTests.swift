import Testing

@testable import API

/// A map with a clock that is set by hand, whose tail reads two partitions.
struct ClockedMap {
    static let start = ContinuousClock.now
    var map: VersionMap
    var now = start

    init(limit: Int = 100, expiry: Int = 600) {
        self.map = VersionMap(limit: limit, expirySeconds: expiry, origin: Self.start)
        self.map.restart([0, 1])
    }

    /// A heartbeat goes out, and comes back from these partitions.
    mutating func beat(from partitions: [Int32] = [0, 1], after delay: Duration = .zero) {
        let number = self.map.beat(at: self.now)
        self.pass(delay)
        for partition in partitions { self.map.returned(number, from: partition, at: self.now) }
    }

    mutating func pass(_ time: Duration) { self.now = self.now.advanced(by: time) }

    /// As long as it may take, with a heartbeat each second.
    mutating func passBeating(seconds: Int) {
        for _ in 0..<seconds {
            self.pass(.seconds(1))
            self.beat()
        }
    }

    mutating func ask(_ user: String) -> Int64? {
        if case .known(let version) = self.map.ask(Person(user), at: self.now) { version } else { nil }
    }

    mutating func begin(_ user: String) -> VersionMap.Ticket? {
        if case .unknown(let ticket) = self.map.ask(Person(user), at: self.now) { ticket } else { nil }
    }

    /// Asks, and enters what Postgres says at once.
    @discardableResult
    mutating func fill(_ user: String, _ version: Int64) -> Int64 {
        let ticket = self.begin(user)
        return self.map.enter(version, for: ticket)
    }
}

@Suite struct VersionMapTests {
    @Test func anAnswerOfPostgresIsKeptAndRaisedByChanges() {
        var map = ClockedMap()
        map.beat()
        #expect(map.fill("ann", 4) == 4)
        #expect(map.ask("ann") == 4)
        #expect(map.ask("bob") == nil)
        map.map.apply(7, to: UserKey("ann"))
        map.map.apply(6, to: UserKey("ann"))
        #expect(map.ask("ann") == 7)
    }

    @Test func aUserWithNothingYetIsKnownToo() {
        var map = ClockedMap()
        map.beat()
        map.fill("ann", 0)
        #expect(map.ask("ann") == 0)
    }

    @Test func changesOfThoseWhoNeverAskedAreNotKept() {
        var map = ClockedMap()
        map.beat()
        for number in 0..<1_000 { map.map.apply(5, to: UserKey("user \(number)")) }
        #expect(map.map.count == 0)
        // Half of the truth would be worse than none.
        #expect(map.ask("user 1") == nil)
    }

    @Test func aChangeDuringTheQueryIsNotOverwritten() {
        var map = ClockedMap()
        map.beat()
        let ticket = map.begin("ann")
        map.map.apply(9, to: UserKey("ann"))
        #expect(map.map.enter(8, for: ticket) == 9)
        #expect(map.ask("ann") == 9)
    }

    /// An earlier and higher change may have passed by before there was an entry.
    @Test func aChangeAloneIsNotEnoughToAnswerBy() {
        var map = ClockedMap()
        map.beat()
        let ticket = map.begin("ann")
        map.map.apply(4, to: UserKey("ann"))
        #expect(map.ask("ann") == nil)
        #expect(map.map.enter(5, for: ticket) == 5)
        #expect(map.ask("ann") == 5)
    }

    @Test func twoWhoAskAtOnceAskEach() {
        var map = ClockedMap()
        map.beat()
        let tickets = [map.begin("ann"), map.begin("ann")]
        #expect(tickets[0] != nil && tickets[1] != nil)
        #expect(map.map.enter(5, for: tickets[1]) == 5)
        #expect(map.map.enter(4, for: tickets[0]) == 5)
        #expect(map.ask("ann") == 5)
        #expect(map.map.count == 1)
    }

    /// To Swift they are equal, to Postgres and Kafka they are not.
    @Test func usersAreToldApartByTheirBytes() {
        var map = ClockedMap()
        map.beat()
        let users = ["\u{E9}", "e\u{301}"]
        #expect(users[0] == users[1])
        map.fill(users[0], 1)
        #expect(map.ask(users[1]) == nil)
        map.fill(users[1], 2)
        #expect(users.map { map.ask($0) } == [1, 2])
    }

    @Test func somethingUnreadableMakesItAskAgain() {
        var map = ClockedMap()
        map.beat()
        map.fill("ann", 4)
        map.fill("bob", 4)
        let ticket = map.begin("carl")
        for user in ["ann", "carl", "nobody"] { map.map.forget(UserKey(user)) }
        #expect(map.map.enter(3, for: ticket) == 3)
        #expect(["ann", "bob", "carl"].map { map.ask($0) } == [nil, 4, nil])
    }

    @Test func neverMoreThanTheLimitAndWhoAsksStays() {
        var map = ClockedMap(limit: 100)
        map.beat()
        map.fill("ann", 1)
        for number in 0..<2_000 {
            map.fill("user \(number)", 1)
            #expect(map.map.count <= 100)
            if number.isMultiple(of: 20) { #expect(map.ask("ann") == 1, "\(number)") }
        }
        #expect(map.ask("user 1999") == 1)
        #expect(map.ask("user 0") == nil)
        #expect(map.map.count > 40)
    }

    @Test func aFillWhoseEntryWasPushedOutIsVoid() {
        var map = ClockedMap(limit: 4)
        map.beat()
        let ticket = map.begin("ann")
        for number in 0..<8 { map.fill("user \(number)", 1) }
        map.map.apply(9, to: UserKey("ann"))
        #expect(map.map.enter(8, for: ticket) == 8)
        #expect(map.ask("ann") == nil)
        // Nor does it go into a later entry, which a change may have passed by.
        let later = map.begin("ann")
        _ = map.map.enter(8, for: ticket)
        #expect(map.ask("ann") == nil)
        #expect(map.map.enter(9, for: later) == 9)
    }
}

@Suite struct VersionMapExpiryTests {
    @Test(arguments: [1, 2, 10, 600, 3_600])
    func anEntryEndsSoLongAfterPostgresWasAsked(expiry: Int) {
        var map = ClockedMap(expiry: expiry)
        map.beat()
        let ticket = map.begin("ann")
        // Not when it answered, nor when something changed.
        map.pass(.milliseconds(900))
        _ = map.map.enter(1, for: ticket)
        map.pass(.milliseconds(-900))
        for second in 1...expiry {
            #expect(map.ask("ann") != nil, "\(second)")
            map.map.apply(Int64(second), to: UserKey("ann"))
            map.passBeating(seconds: 1)
        }
        #expect(map.ask("ann") == nil)
    }

    @Test func whoPollsIsAskedForBeforehand() {
        var map = ClockedMap(expiry: 10)
        map.beat()
        map.fill("ann", 1)
        map.fill("bob", 1)
        map.passBeating(seconds: 4)
        #expect(map.ask("ann") == 1)
        #expect(map.map.takeDue(10, at: map.now).isEmpty)
        map.passBeating(seconds: 2)
        for _ in 0..<3 { #expect(map.ask("ann") == 1) }
        let due = map.map.takeDue(10, at: map.now)
        #expect(due.map(\.userID) == ["ann"], "once, and not who does not poll")
        #expect(map.map.takeDue(10, at: map.now).isEmpty)
        map.map.apply(3, to: UserKey("ann"))
        #expect(map.map.enter(2, for: due[0].ticket) == 3)
        // Less than what was heard of confirms nothing: the entry keeps its end, and is asked for again.
        #expect(map.ask("ann") == 3)
        let again = map.map.takeDue(10, at: map.now)
        #expect(again.map(\.userID) == ["ann"])
        #expect(map.map.enter(3, for: again[0].ticket) == 3)
        map.passBeating(seconds: 5)
        #expect(map.ask("ann") == 3)
        #expect(map.ask("bob") == nil)
    }

    @Test func aFailedRefreshIsTriedAgainAndThenItEnds() {
        var map = ClockedMap(expiry: 10)
        map.beat()
        map.fill("ann", 1)
        map.passBeating(seconds: 6)
        #expect(map.ask("ann") == 1)
        #expect(map.map.takeDue(10, at: map.now).count == 1)
        map.passBeating(seconds: 1)
        #expect(map.ask("ann") == 1)
        #expect(map.map.takeDue(10, at: map.now).count == 1)
        map.passBeating(seconds: 3)
        #expect(map.ask("ann") == nil)
    }

    @Test func manyAreTakenPortionByPortion() {
        var map = ClockedMap(limit: 1_000, expiry: 10)
        map.beat()
        let users = (0..<250).map { "user \($0)" }
        for user in users { map.fill(user, 1) }
        map.passBeating(seconds: 6)
        for user in users { #expect(map.ask(user) == 1) }
        var taken: [String] = []
        for expected in [100, 100, 50, 0] {
            let due = map.map.takeDue(100, at: map.now)
            #expect(due.count == expected)
            taken += due.map(\.userID)
        }
        #expect(taken == users)
    }
}

@Suite struct VersionMapTrustTests {
    @Test func nothingIsKeptBeforeEveryPartitionHasProvedItself() {
        var map = ClockedMap()
        #expect(!map.map.isTrusted)
        let ticket = map.begin("ann")
        #expect(ticket == nil)
        #expect(map.map.enter(4, for: ticket) == 4)
        map.beat(from: [0])
        #expect(map.begin("ann") == nil && map.map.count == 0)
        map.beat(from: [1])
        #expect(map.map.isTrusted)
        #expect(map.begin("ann") != nil)
        #expect(map.ask("ann") == nil, "what came before was not kept")
    }

    @Test func withoutATailNothingIsKnown() {
        var map = ClockedMap()
        map.map.restart([])
        map.beat()
        #expect(!map.map.isTrusted)
    }

    @Test func threeSecondsWithoutAHeartbeatEmptyIt() {
        var map = ClockedMap()
        map.beat()
        map.fill("ann", 1)
        map.pass(.seconds(3))
        #expect(map.ask("ann") == 1)
        map.pass(.milliseconds(1))
        #expect(map.ask("ann") == nil)
        #expect(map.map.count == 0)
        // What could not be announced meanwhile is not to be known when it is fresh again.
        map.beat()
        #expect(map.map.isTrusted)
        #expect(map.ask("ann") == nil)
    }

    @Test func onePartitionThatIsSilentIsEnough() {
        var map = ClockedMap()
        map.beat()
        map.fill("ann", 1)
        for _ in 0..<4 {
            map.pass(.seconds(1))
            map.beat(from: [0])
        }
        #expect(map.ask("ann") == nil)
    }

    /// A tail that is always behind gets a heartbeat each second as well.
    @Test func whenItWasSentCountsNotWhenItCame() {
        var map = ClockedMap()
        map.beat()
        map.fill("ann", 1)
        map.beat(after: .seconds(2))
        #expect(map.ask("ann") == 1)
        #expect(map.map.lag(at: map.now) == .seconds(2))
        map.beat(after: .seconds(4))
        #expect(map.ask("ann") == nil)
        #expect(!map.map.isTrusted)
    }

    /// One that comes late must not bridge a time in which nothing was known.
    @Test func aHeartbeatFromBeforeTheLapseProvesNothing() {
        var map = ClockedMap()
        map.beat()
        map.fill("ann", 1)
        map.pass(.seconds(2))
        let early = map.map.beat(at: map.now)
        map.pass(.milliseconds(1_500))
        for partition in [0, 1] as [Int32] { map.map.returned(early, from: partition, at: map.now) }
        #expect(!map.map.isTrusted)
        #expect(map.ask("ann") == nil)
        map.beat()
        #expect(map.map.isTrusted)
    }

    @Test func aGapEmptiesItAndVoidsWhatIsUnderWay() {
        var map = ClockedMap()
        map.beat()
        map.fill("ann", 1)
        let ticket = map.begin("bob")
        let early = map.map.beat(at: map.now)
        map.map.restart([0, 1])
        #expect(map.map.count == 0)
        for partition in [0, 1] as [Int32] { map.map.returned(early, from: partition, at: map.now) }
        #expect(!map.map.isTrusted, "it was sent before the place was lost")
        map.beat()
        #expect(map.map.enter(1, for: ticket) == 1)
        #expect(map.ask("ann") == nil && map.ask("bob") == nil)
        _ = map.map.enter(1, for: ticket)
        #expect(map.ask("bob") == nil, "not in a later entry either")
    }

    @Test func whatWaitsForARefreshIsForgottenToo() {
        var map = ClockedMap(expiry: 10)
        map.beat()
        map.fill("ann", 1)
        map.passBeating(seconds: 6)
        #expect(map.ask("ann") == 1)
        map.pass(.seconds(4))
        #expect(map.map.takeDue(10, at: map.now).isEmpty)
        map.beat()
        #expect(map.map.takeDue(10, at: map.now).isEmpty)
    }

    @Test func anAddedPartitionHasToProveItself() {
        var map = ClockedMap()
        map.beat()
        map.map.restart([0, 1, 2])
        map.beat(from: [0, 1])
        #expect(!map.map.isTrusted)
        map.beat(from: [0, 1, 2])
        #expect(map.map.isTrusted)
    }

    @Test func foreignAndForgottenNumbersProveNothing() {
        var map = ClockedMap()
        for number in [0, 1, 99, UInt64.max] as [UInt64] {
            for partition in [0, 1, -1, 7] as [Int32] { map.map.returned(number, from: partition, at: map.now) }
        }
        #expect(!map.map.isTrusted)
    }
}
