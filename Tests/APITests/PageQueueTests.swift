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
        #expect(queue.take(10).map(\.waiter) == [0, 1, 4])
        #expect(queue.take(10).map(\.waiter) == [2])
        #expect(queue.take(10).map(\.waiter) == [3])
        #expect(queue.take(10).isEmpty)
    }

    @Test func theLongestWaitingFirst() {
        var queue = self.queue((0..<25).map { "user-\($0 / 2)" })
        #expect(queue.take(5).map(\.waiter) == [0, 2, 4, 6, 8])
        queue.add(25, for: Person("user-0"))
        #expect(queue.take(5).map(\.waiter) == [1, 3, 5, 7, 9], "passed over once is in front")
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
