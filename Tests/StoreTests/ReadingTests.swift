import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing

extension Live {
    @Suite struct ReadingTheInbox {
        @Test func nobodyHasNothing() async throws {
            try await withDatabase { database async throws in
                let page = try await database.unread("nobody")
                #expect(page.version == 0)
                #expect(page.items.isEmpty)
            }
        }

        @Test func versionsOfManyAtOnce() async throws {
            try await withDatabase { database async throws in
                // To Swift the last two are the same.
                let users = ["ann", "bob", "", "\u{E9}", "e\u{301}"]
                for (number, user) in users.enumerated() {
                    for _ in 0...number { try await database.deliver(sample(to: user)) }
                }
                let asked = users + ["nobody", "ann"] + (0..<1_000).map { "nobody \($0)" }
                let versions = try await InboxVersionsOf.run(asked, on: database.pool)
                #expect(versions.count == users.count)
                for (number, user) in users.enumerated() { #expect(versions[Array(user.utf8)] == Int64(number + 1)) }
                #expect(try await InboxVersionsOf.run([], on: database.pool).isEmpty)
            }
        }

        @Test func newestFirstPageByPage() async throws {
            try await withDatabase { database async throws in
                try await database.deliver(all: (1...23).map { sample("\($0)") })
                try await database.deliver(sample(to: "bob"))
                var (pages, before): ([[Int64]], Int64?) = ([], nil)
                while true {
                    let page = try await database.unread(before: before, limit: 10)
                    #expect(page.version == 23)
                    guard let last = page.items.last else { break }
                    pages.append(page.items.map(\.seq))
                    before = last.seq
                }
                #expect(pages == [(14...23).reversed(), (4...13).reversed(), (1...3).reversed()])
            }
        }

        /// Across partitions the number counts, not the week.
        @Test func theOrderIsThatOfTheNumbers() async throws {
            try await withDatabase { database async throws in
                let nextWeek = Week(of: sampleTime).next.start
                try await database.deliver(sample("1", dueAt: nextWeek))
                try await database.deliver(sample("2"))
                try await database.deliver(sample("3", dueAt: nextWeek))
                #expect(try await database.unread().items.map(\.content.message) == ["3", "2", "1"])
            }
        }

        @Test func readAndExpiredOnesAreNotUnread() async throws {
            try await withDatabase { database async throws in
                let (read, expired, unread) = (sample(), sample(expiresAt: .distantPast), sample())
                try await database.deliver(read, expired, unread)
                _ = try await database.markRead(read.id, of: "ann")
                #expect(try await database.unread().items.map(\.id) == [unread.id])
            }
        }

        /// P3: from the tombstone's commit on, before anybody has decided; and the page is filled up with others.
        @Test func whatHasATombstoneIsNotReturned() async throws {
            try await withDatabase { database async throws in
                let all = (0..<6).map { sample("\($0)") }
                try await database.deliver(all: all)
                try await PutTombstone.run(all[5].id, of: shop, on: database.pool)
                try await PutTombstone.run(all[3].id, of: shop, on: database.pool)
                try await PutTombstone.run(all[4].id, of: otherService, on: database.pool)
                #expect(
                    try await database.unread(limit: 3).items.map(\.id)
                        == [all[4].id, all[2].id, all[1].id])
            }
        }

        /// Rows and version are of one moment: no page has a number above its version, or lacks one below it.
        @Test func theVersionBelongsToTheRows() async throws {
            try await withDatabase { database async throws in
                try await withThrowingTaskGroup(of: Void.self) { group async throws in
                    group.addTask {
                        for number in 0..<60 { try await database.deliver(sample("\(number)")) }
                    }
                    while true {
                        let page = try await database.unread()
                        #expect(page.items.map(\.seq) == (0..<page.version).reversed().map { $0 + 1 })
                        if page.version == 60 { break }
                    }
                    try await group.waitForAll()
                }
            }
        }

        @Test func everyChangeRaisesTheVersion() async throws {
            try await withDatabase { database async throws in
                let (one, two) = (sample(), sample())
                var versions = [try await database.unread().version]
                try await database.deliver(one, two)
                versions.append(try await database.unread().version)
                _ = try await database.markRead(one.id, of: "ann")
                versions.append(try await database.unread().version)
                try await database.cancel(two)
                versions.append(try await database.unread().version)
                #expect(versions == versions.sorted())
                #expect(Set(versions).count == 4)
                #expect(try await database.version(of: "ann") == versions.last)
            }
        }
    }

    @Suite struct MarkingAsRead {
        @Test func theFirstReadingStays() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                try await database.deliver(notification)
                let first = try #require(try await database.markRead(notification.id, of: "ann"))
                #expect(first.item.id == notification.id && first.item.content == notification.content)
                #expect(first.item.readAt != nil)
                #expect(first.version == 2)
                let second = try #require(try await database.markRead(notification.id, of: "ann"))
                #expect(second.item == first.item)
                #expect(second.version == nil)
                #expect(try await database.version(of: "ann") == 2)
                #expect(try await database.history(of: notification).state == .read)
            }
        }

        /// P6.
        @Test func onlyItsOwner() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                try await database.deliver(notification, sample(to: "bob"))
                #expect(try await database.markRead(notification.id, of: "bob") == nil)
                #expect(try await database.markRead(sample().id, of: "ann") == nil)
                #expect(try await database.history(of: notification).state == .delivered)
                #expect(try await database.version(of: "bob") == 1)
            }
        }

        @Test func whatNobodySeesCannotBeRead() async throws {
            try await withDatabase { database async throws in
                let (recalled, expired) = (sample(), sample(expiresAt: .distantPast))
                let pending = sample(dueAt: sampleTime)
                try await database.deliver(recalled, expired)
                try await database.schedule(pending)
                try await PutTombstone.run(recalled.id, of: shop, on: database.pool)
                for notification in [recalled, expired, pending] {
                    #expect(try await database.markRead(notification.id, of: "ann") == nil)
                }
                #expect(try await database.history(of: recalled).decision?.readAt == nil)
            }
        }

        /// Two tabs: both wait for the same lock, and both are told the same time.
        @Test func twoAtOnceAgree() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                try await database.deliver(notification)
                let times = try await withThrowingTaskGroup(of: Instant?.self) { group async throws in
                    try await database.pool.transaction { connection async throws in
                        _ = try await TakeSeqs.run([sample()], at: .distantPast, on: connection)
                        for _ in 0..<2 {
                            group.addTask {
                                try await database.markRead(notification.id, of: "ann")?.item.readAt
                            }
                        }
                        #expect(try await database.areBlocked(2))
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(times.count == 2)
                #expect(times[0] != nil)
                #expect(times[0] == times[1])
            }
        }

        /// The sender recalls it while the reader waits for the lock: it was not read.
        @Test func aRecallMeanwhileWins() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                try await database.deliver(notification)
                try await withThrowingTaskGroup(of: Bool.self) { group async throws in
                    try await database.pool.transaction { connection async throws in
                        _ = try await TakeSeqs.run([sample()], at: .distantPast, on: connection)
                        group.addTask {
                            try await database.markRead(notification.id, of: "ann") == nil
                        }
                        #expect(try await database.areBlocked(1))
                        try await PutTombstone.run(notification.id, of: shop, on: database.pool)
                    }
                    #expect(try await group.next() == true)
                }
                #expect(try await database.history(of: notification).decision?.readAt == nil)
            }
        }
    }
}
