import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing

extension Live {
    @Suite struct Pages {
        /// Of twelve: 1 and 7 read, 2 and 8 archived, 3 and 9 read and archived, 4 expired, 5 recalled.
        private static func fill(_ database: TestDatabase) async throws -> [Notification] {
            let all = (1...12).map { number in
                sample("\(number)", expiresAt: number == 4 ? .distantPast : nil)
            }
            try await database.deliver(all: all)
            for (number, marks) in [
                (1, InboxMarks(read: true)), (7, InboxMarks(read: true)), (2, InboxMarks(archived: true)),
                (8, InboxMarks(archived: true)), (3, InboxMarks(read: true, archived: true)),
                (9, InboxMarks(read: true, archived: true)),
            ] {
                try await database.mark(all[number - 1], marks)
            }
            try await database.cancel(all[4])
            return all
        }

        @Test(arguments: [
            (InboxPage.Filter?.none, [12, 11, 10, 7, 6, 1]), (.unread, [12, 11, 10, 6]), (.read, [7, 1]),
            (.archived, [9, 8, 3, 2]), (.all, [12, 11, 10, 9, 8, 7, 6, 3, 2, 1]),
        ])
        func everyStateIsAFilter(_ filter: InboxPage.Filter?, _ expected: [Int]) async throws {
            try await withDatabase { database async throws in
                _ = try await Self.fill(database)
                let page = try await database.page(filter)
                #expect(page.items.map(\.content.message) == expected.map { "\($0)" })
                #expect(page.version == (try await database.version(of: "ann")))
                #expect(page.items.map(\.seq) == expected.map(Int64.init))
                // Page by page it is the same.
                var (shown, before): ([Int64], Int64?) = ([], nil)
                while true {
                    let part = try await database.page(filter, before: before, limit: 2).items
                    guard let last = part.last else { break }
                    shown += part.map(\.seq)
                    before = last.seq
                }
                #expect(shown == expected.map(Int64.init))
            }
        }

        /// Each is given what they would be given alone: theirs, and nothing of anybody else's.
        @Test func manyAtOnceAreAsEachAlone() async throws {
            try await withDatabase { database async throws in
                let users = ["ann", "bob", "nobody", "Ren\u{E9}", "Rene\u{301}", "over", "cid"]
                for (number, user) in users.enumerated() where user != "nobody" {
                    try await database.deliver(all: (0...number).map { sample(to: user, "\($0) of \(user)") })
                }
                let query = InboxPage.Query(filter: .unread, limit: 3)
                // As though a minute had just begun for another request.
                _ = try await database.pool.query(
                    """
                    INSERT INTO inbox_requests
                    VALUES ('over', date_trunc('minute', clock_timestamp()) + interval '1 minute', 50)
                    """)
                let many = try await InboxPage.run(query, of: users, requestsPerMinute: 50, on: database.pool)
                for (user, page) in zip(users, many) {
                    guard user != "over" else {
                        #expect(throws: TooManyRequests.self) { try page.get() }
                        continue
                    }
                    let (page, alone) = (try page.get(), try await database.unread(user, limit: 3))
                    #expect(page.items == alone.items && page.version == alone.version, "\(user)")
                    #expect(page.items.allSatisfy { Array($0.content.message.utf8.dropFirst(5)) == Array(user.utf8) })
                    #expect(page.allowance.left == 49)
                }
                #expect(many.count == users.count)
                #expect(try await InboxPage.run(query, of: [], requestsPerMinute: 50, on: database.pool).isEmpty)
            }
        }

        /// Rows are locked in one order, so that nobody waits for somebody who waits for them.
        @Test func statementsForTheSameUsersInAnyOrder() async throws {
            try await withDatabase { database async throws in
                let users = (0..<16).map { "user-\($0)" }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<40 {
                        group.addTask {
                            let pages = try await InboxPage.run(
                                InboxPage.Query(filter: .unread, limit: 3),
                                of: number % 2 == 0 ? users : users.reversed(), requestsPerMinute: 10_000,
                                on: database.pool)
                            for page in pages { _ = try page.get() }
                        }
                    }
                    try await group.waitForAll()
                }
                let counted = try await database.pool.query("SELECT sum(requests)::int8, count(*) FROM inbox_requests")
                #expect(try counted[0].decode(1, as: Int64.self) == 16)
            }
        }

        @Test func everyFilterIsTested() { #expect(InboxPage.Filter.allCases.count == 4) }

        @Test func anEventTypeIsAFilterOfItsOwn() async throws {
            try await withDatabase { database async throws in
                var all = (1...6).map { sample("\($0)") }
                for place in [1, 3, 5] { all[place].content.eventType = "status_change" }
                try await database.deliver(all: all)
                try await database.mark(all[3], InboxMarks(read: true))
                func shown(_ filter: InboxPage.Filter?, _ type: String?, limit: Int = 100) async throws -> [Int64] {
                    try await database.page(filter, eventType: type, limit: limit).items.map(\.seq)
                }
                #expect(try await shown(nil, "status_change") == [6, 4, 2])
                #expect(try await shown(nil, "status_change", limit: 2) == [6, 4])
                #expect(try await shown(.unread, "status_change") == [6, 2])
                #expect(try await shown(.read, "new_message") == [])
                #expect(try await shown(.all, nil) == [6, 5, 4, 3, 2, 1])
            }
        }

        @Test func nobodyElsesIsShownOrCounted() async throws {
            try await withDatabase { database async throws in
                try await database.deliver(sample(to: "bob"), sample(to: "bob"))
                for filter in [nil] + InboxPage.Filter.allCases {
                    let page = try await database.page(filter)
                    #expect(page.items.isEmpty && page.version == 0)
                }
                #expect(try await database.counts() == [0, 0])
            }
        }
    }

    @Suite struct Counting {
        @Test func countsAreRightAfterEveryChange() async throws {
            try await withDatabase { database async throws in
                #expect(try await database.counts() == [0, 0])
                let all = (1...5).map { sample("\($0)") }
                try await database.deliver(all: all)
                #expect(try await database.counts() == [5, 5])
                try await database.mark(all[0], InboxMarks(seen: true))
                #expect(try await database.counts() == [5, 4])
                try await database.mark(all[1], InboxMarks(read: true))
                #expect(try await database.counts() == [4, 3], "reading is seeing")
                try await database.mark(all[1], InboxMarks(read: false))
                #expect(try await database.counts() == [5, 3], "unread again, but it was seen")
                try await database.mark(all[2], InboxMarks(archived: true))
                #expect(try await database.counts() == [4, 2])
                try await database.mark(all[2], InboxMarks(archived: false))
                #expect(try await database.counts() == [5, 3])
                // From the tombstone's commit on, before anybody has decided.
                try await PutTombstone.run(all[3].id, of: shop, on: database.pool)
                #expect(try await database.counts() == [4, 2])
                try await database.deliver(sample(expiresAt: .distantPast))
                #expect(try await database.counts() == [4, 2])
                try await database.markAll(.seen, upTo: .max)
                #expect(try await database.counts() == [4, 0])
                try await database.markAll(.read, upTo: .max)
                #expect(try await database.counts() == [0, 0])
            }
        }

        @Test func theVersionBelongsToTheCounts() async throws {
            try await withDatabase { database async throws in
                try await withThrowingTaskGroup(of: Void.self) { group async throws in
                    group.addTask {
                        for number in 0..<60 { try await database.deliver(sample("\(number)")) }
                    }
                    while true {
                        let counts = try await InboxCounts.run("ann", requestsPerMinute: .max, on: database.pool)
                        #expect(counts.unread == Int(counts.version) && counts.unseen == counts.unread)
                        if counts.version == 60 { break }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }
}
