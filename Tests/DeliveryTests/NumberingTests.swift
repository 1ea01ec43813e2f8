import Notifications
import TestSupport
import Testing

@testable import Delivery

@Suite struct NumberingTests {
    @Test func nothing() {
        #expect(numbered([], upTo: [:]).isEmpty)
    }

    @Test func theLastNumbersUpToTheVersion() {
        let rows = numbered(
            [sample(1, userID: "ann"), sample(2, userID: "bob"), sample(3, userID: "ann"), sample(4, userID: "ann")],
            upTo: [Array("ann".utf8): 10, Array("bob".utf8): 1])
        #expect(rows.map(\.seq) == [8, 1, 9, 10])
        #expect(rows.map(\.notification.userID) == ["ann", "bob", "ann", "ann"])
    }

    /// Two spellings of "é" are one string to Swift, but two users to Postgres and Kafka.
    @Test func usersAreToldApartByTheirBytes() {
        let users = ["caf\u{E9}", "cafe\u{301}"]
        let rows = numbered(
            [sample(1, userID: users[0]), sample(2, userID: users[1])],
            upTo: [Array(users[0].utf8): 5, Array(users[1].utf8): 90])
        #expect(rows.map(\.seq) == [5, 90])
    }

    /// One after another as the pipeline numbers them: no number of a user is given twice or left out, and each user's
    /// notifications keep their order.
    @Test(arguments: 0..<50 as Range<UInt64>)
    func numbersAreContiguousInOrder(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let users = (0..<Int.random(in: 1...6, using: &random)).map { "user \($0)" }
        var versions: [[UInt8]: Int64] = [:]
        var given: [String: [Int64]] = [:]
        for _ in 0..<10 {
            let batch = (0..<Int.random(in: 0...40, using: &random)).map {
                sample(UInt8($0), userID: users[Int.random(in: users.indices, using: &random)])
            }
            for notification in batch { versions[Array(notification.userID.utf8), default: 0] += 1 }
            // The heads of others that a merged answer may hold do no harm.
            let rows = numbered(batch, upTo: versions)
            #expect(rows.map(\.notification) == batch)
            for row in rows { given[row.notification.userID, default: []].append(row.seq) }
        }
        for (user, seqs) in given { #expect(seqs == Array(1...(versions[Array(user.utf8)] ?? 0))) }
    }
}
