import Testing

@testable import API

@Suite struct LookupQueueTests {
    @Test func pollsOfOneUserShareOneLookup() {
        var queue = LookupQueue<Int>()
        for (waiter, user) in ["ann", "bob", "ann", "ann", "cid"].enumerated() { queue.add(waiter, for: user) }
        let taken = queue.take(10)
        #expect(taken.map(\.userID) == ["ann", "bob", "cid"])
        #expect(taken.map(\.waiters) == [[0, 2, 3], [1], [4]])
        #expect(queue.take(10).isEmpty)
    }

    /// What began before they asked might miss what they have seen.
    @Test func whoComesLaterIsInTheNext() {
        var queue = LookupQueue<Int>()
        queue.add(1, for: "ann")
        #expect(queue.take(10).map(\.waiters) == [[1]])
        queue.add(2, for: "ann")
        #expect(queue.take(10).map(\.waiters) == [[2]])
    }

    @Test func theLongestWaitingFirst() {
        var queue = LookupQueue<Int>()
        for number in 0..<25 { queue.add(number, for: "user-\(number)") }
        queue.add(25, for: "user-24")
        #expect(queue.take(10).flatMap(\.waiters) == Array(0..<10))
        #expect(queue.take(10).flatMap(\.waiters) == Array(10..<20))
        #expect(queue.take(10).flatMap(\.waiters) == Array(20..<26))
        #expect(queue.take(0).isEmpty)
    }

    /// To Swift these are the same string.
    @Test func usersAreToldApartByTheirBytes() {
        var queue = LookupQueue<Int>()
        queue.add(1, for: "Ren\u{E9}")
        queue.add(2, for: "Rene\u{301}")
        #expect(queue.take(10).map(\.waiters) == [[1], [2]])
    }
}
