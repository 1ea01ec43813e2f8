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
                #expect(page.items.map(\.notification.content.message) == expected.map { "\($0)" })
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
