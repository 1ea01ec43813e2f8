import Testing

@testable import API

@Suite struct PageQueueTests {
    private func queue(_ users: [String]) -> PageQueue<Int> {
        var queue = PageQueue<Int>()
        for (waiter, user) in users.enumerated() { queue.add(waiter, for: Person(user)) }
        return queue
    }

    /// Each of them counts as a request of its own, and a statement counts a user once.
    @Test func whoAsksTwiceIsInTwo() {
        var queue = self.queue(["ann", "bob", "ann", "ann", "cid"])
        let first = queue.take(10)
        #expect(first.map(\.waiter) == [0, 1, 4])
        queue.end(first)
        let second = queue.take(10)
        #expect(second.map(\.waiter) == [2])
        queue.end(second)
        #expect(queue.take(10).map(\.waiter) == [3])
        #expect(queue.take(10).isEmpty)
    }

    /// The second one would wait for the row of the first, and all of its statement with it.
    @Test func whoIsUnderWayIsPassedOver() {
        var queue = self.queue(["ann", "bob", "ann"])
        let first = queue.take(1)
        #expect(first.map(\.waiter) == [0])
        let other = queue.take(10)
        #expect(other.map(\.waiter) == [1])
        #expect(queue.take(10).isEmpty)
        queue.end(other)
        #expect(queue.take(10).isEmpty)
        queue.end(first)
        #expect(queue.take(10).map(\.waiter) == [2])
    }

    @Test func theLongestWaitingFirst() {
        var queue = self.queue((0..<25).map { "user-\($0 / 2)" })
        let first = queue.take(5)
        #expect(first.map(\.waiter) == [0, 2, 4, 6, 8])
        queue.end(first)
        queue.add(25, for: Person("user-0"))
        let second = queue.take(5)
        #expect(second.map(\.waiter) == [1, 3, 5, 7, 9], "passed over once is in front")
        queue.end(second)
        #expect(queue.take(0).isEmpty)
        #expect(queue.take(100).map(\.waiter) == [10, 12, 14, 16, 18, 20, 22, 24, 25])
        #expect(queue.takeAll().map(\.waiter) == [11, 13, 15, 17, 19, 21, 23])
        #expect(queue.takeAll().isEmpty)
    }

    /// To Swift these are the same string; to Postgres they are two people.
    @Test func usersAreToldApartByTheirBytes() {
        var queue = self.queue(["Ren\u{E9}", "Rene\u{301}"])
        #expect(queue.take(10).map(\.person.userID.utf8.count) == [5, 6])
    }
}
