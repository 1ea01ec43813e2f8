import Testing

@testable import Postgres

@Suite struct PoolStateTests {
    private let away = PostgresError(code: .connection, message: "away")
    private let now = ContinuousClock.now

    private func state(size: Int = 2) -> PoolState {
        PoolState(size: size, backoff: Backoff(base: .milliseconds(100), cap: .seconds(1)))
    }

    @Test func opensOnDemandUpToItsSize() {
        var state = self.state()
        #expect(state.acquire(1) == [.open(0, notBefore: nil)])
        #expect(state.acquire(2) == [.open(1, notBefore: nil)])
        #expect(state.acquire(3) == [])
        #expect(state.connectionCount == 2)
        #expect(state.opened(1) == [.lease(1, to: 1)])
        #expect(state.opened(0) == [.lease(0, to: 2)])
        #expect(state.released(0, isReusable: true) == [.lease(0, to: 3)])
        #expect(state.waiterCount == 0)
    }

    @Test func takesTheLastUsedFirst() {
        var state = self.state()
        _ = state.acquire(1)
        _ = state.acquire(2)
        _ = state.opened(0)
        _ = state.opened(1)
        #expect(state.released(0, isReusable: true) == [])
        #expect(state.released(1, isReusable: true) == [])
        #expect(state.acquire(3) == [.lease(1, to: 3)])
    }

    @Test func replacesABrokenConnectionForAWaiter() {
        var state = self.state(size: 1)
        _ = state.acquire(1)
        _ = state.opened(0)
        _ = state.acquire(2)
        #expect(state.released(0, isReusable: false) == [.close(0), .open(1, notBefore: nil)])
        #expect(state.opened(1) == [.lease(1, to: 2)])
    }

    @Test func failsWaitersOnlyWhereNothingIsLeftToServeThem() {
        var state = self.state()
        _ = state.acquire(1)
        _ = state.acquire(2)
        #expect(state.openFailed(0, self.away, now: self.now, jitter: 1) == [])
        #expect(state.openFailed(1, self.away, now: self.now, jitter: 1) == [.fail(1, self.away), .fail(2, self.away)])
        #expect(state.connectionCount == 0)
    }

    @Test func probesOneAtATimeWhileTheServerIsAway() {
        var state = self.state(size: 4)
        _ = state.acquire(1)
        #expect(state.openFailed(0, self.away, now: self.now, jitter: 1) == [.fail(1, self.away)])
        #expect(state.acquire(2) == [.open(1, notBefore: self.now + .milliseconds(100))])
        #expect(state.acquire(3) == [])
        #expect(
            state.openFailed(1, self.away, now: self.now, jitter: 0.5) == [.fail(2, self.away), .fail(3, self.away)])
        #expect(state.acquire(4) == [.open(2, notBefore: self.now + .milliseconds(100))])
        #expect(state.acquire(5) == [])
        // It is back: now the others may follow.
        #expect(state.opened(2) == [.lease(2, to: 4), .open(3, notBefore: nil)])
    }

    @Test func aWaiterThatGaveUpIsSkipped() {
        var state = self.state(size: 1)
        _ = state.acquire(1)
        _ = state.acquire(2)
        #expect([state.abandon(1), state.abandon(1)] == [true, false])
        #expect(state.opened(0) == [.lease(0, to: 2)])
        #expect([state.abandon(2)] == [false], "it has its connection")
    }

    @Test func aConnectionThatNobodyWantsAnyMoreIsKept() {
        var state = self.state(size: 1)
        _ = state.acquire(1)
        _ = state.abandon(1)
        #expect(state.opened(0) == [])
        #expect(state.acquire(2) == [.lease(0, to: 2)])
    }

    @Test func shuttingDownEndsAll() {
        var state = self.state(size: 3)
        _ = state.acquire(1)
        _ = state.acquire(2)
        _ = state.acquire(3)
        _ = state.opened(0)
        _ = state.opened(1)
        _ = state.released(0, isReusable: true)
        _ = state.released(0, isReusable: true)
        let actions = state.shutDown()
        #expect(actions.contains(.abort(1)))
        #expect(actions.contains(.abort(0)) || actions.contains(.close(0)))
        #expect(state.shutDown() == [])
        #expect(state.acquire(9) == [.fail(9, .poolClosed)])
        #expect(state.opened(2) == [.close(2)], "one that comes late is closed")
        #expect(state.released(1, isReusable: true) == [.close(1)])
    }

    @Test func whatItDoesNotKnowChangesNothing() {
        var state = self.state()
        #expect(state.released(7, isReusable: true) == [])
        #expect(state.openFailed(7, self.away, now: self.now, jitter: 1) == [])
        #expect([state.abandon(7)] == [false])
        #expect(state.connectionCount == 0)
    }

    @Test func manyWaitersComeAndGoInOrder() {
        var queue = WaiterQueue()
        for waiter in 0..<1000 { queue.append(UInt64(waiter)) }
        for waiter in 0..<1000 where waiter % 3 != 0 { #expect([queue.remove(UInt64(waiter))] == [true]) }
        var served: [UInt64] = []
        while let waiter = queue.popFirst() { served.append(waiter) }
        #expect(served == (0..<1000).filter { $0 % 3 == 0 })
        #expect(queue.count == 0)
    }

    @Test func backoffIsCappedAndJittered() {
        let backoff = Backoff(base: .milliseconds(50), cap: .seconds(1))
        #expect(backoff.delay(afterFailures: 0, jitter: 1) == .zero)
        #expect(backoff.delay(afterFailures: 1, jitter: 1) == .milliseconds(50))
        #expect(backoff.delay(afterFailures: 3, jitter: 0.5) == .milliseconds(100))
        #expect(backoff.delay(afterFailures: 1_000_000, jitter: 1) == .seconds(1))
        #expect(backoff.delay(afterFailures: 5, jitter: 0) == .zero)
    }
}

@Suite struct StatementCacheTests {
    @Test func nullFitsEveryType() {
        var cache = StatementCache(capacity: 4)
        #expect(cache.insert("a", types: [20, 25], name: "n1") == nil)
        #expect(cache.find("a", types: [20, 25]) == "n1")
        #expect(cache.find("a", types: [0, 25]) == "n1")
        #expect(cache.find("a", types: [23, 25]) == nil)
        #expect(cache.find("a", types: [20]) == nil)
        #expect(cache.find("b", types: [20, 25]) == nil)
    }

    @Test func theLeastRecentlyUsedLeaves() {
        var cache = StatementCache(capacity: 2)
        _ = cache.insert("a", types: [], name: "n1")
        _ = cache.insert("b", types: [], name: "n2")
        _ = cache.find("a", types: [])
        #expect(cache.insert("c", types: [], name: "n3") == "n2")
        #expect(cache.find("b", types: []) == nil)
        #expect(cache.find("a", types: []) == "n1")
        #expect(cache.count == 2)
        cache.remove("a", name: "n1")
        #expect(cache.find("a", types: []) == nil)
        #expect(cache.count == 1)
    }
}

@Suite struct ConnectionStringTests {
    @Test(arguments: [
        "postgresql://u:p@h:1/d?x=1", "postgres://h", "postgresql:///d?host=/tmp/x&user=u",
        "host=h user=u password='a@b/c'",
        "postgresql://u:p%40@h1,h2:2/d?application_name=a@b", "",
    ])
    func takes(_ text: String) throws {
        try ConnectionString.check(text)
    }

    @Test(arguments: [
        "postgresql://u:p@q@h/d", "postgresql://u:p/q@h/d", "postgresql://u:p#q@h/d", "http://h/", "host=h\0x",
    ])
    func refuses(_ text: String) {
        #expect(throws: ConnectionString.malformed) { try ConnectionString.check(text) }
    }

    @Test func countsHosts() {
        #expect(ConnectionString.hostCount("postgresql://u:a,b@h1:1,h2,h3/d") == 3)
        #expect(ConnectionString.hostCount("postgresql:///d") == 1)
        #expect(ConnectionString.hostCount("user=u host=a,b") == 2)
        #expect(ConnectionString.hostCount("user=u") == 1)
    }
}
