import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing

extension Live {
    @Suite struct Marking {
        @Test func marksComeAndGo() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                try await database.deliver(notification)
                func mark(_ marks: InboxMarks) async throws -> MarkInbox.Marked {
                    try #require(try await database.mark(notification, marks))
                }
                let seen = try await mark(InboxMarks(seen: true))
                #expect(seen.item.seenAt != nil && seen.item.readAt == nil && seen.item.archivedAt == nil)
                let read = try await mark(InboxMarks(read: true))
                #expect(read.item.readAt != nil && read.item.seenAt == seen.item.seenAt)
                #expect(try await database.history(of: notification).state == .read)
                let archived = try await mark(InboxMarks(read: false, archived: true))
                #expect(archived.item.readAt == nil && archived.item.archivedAt != nil)
                #expect(archived.item.seenAt == seen.item.seenAt)
                #expect(try await database.history(of: notification).state == .delivered)
                let back = try await mark(InboxMarks(archived: false))
                #expect(back.item.archivedAt == nil)
                #expect([seen, read, archived, back].map(\.version) == [2, 3, 4, 5])
                #expect(try await database.unread().items == [back.item])
                #expect(try await database.history(of: notification).decision.map { InboxItem($0) } == back.item)
            }
        }

        @Test func oneActIsOneTime() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                try await database.deliver(notification)
                let item = try #require(
                    try await database.mark(notification, InboxMarks(read: true, archived: true))
                ).item
                #expect(item.readAt != nil)
                #expect(item.readAt == item.seenAt && item.readAt == item.archivedAt)
            }
        }

        @Test(arguments: [
            InboxMarks(read: true), InboxMarks(read: false), InboxMarks(seen: true), InboxMarks(archived: true),
            InboxMarks(archived: false), InboxMarks(read: true, seen: true, archived: true),
            InboxMarks(read: false, seen: true, archived: false),
        ])
        func whatIsThatWayAlreadyChangesNothing(_ marks: InboxMarks) async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                try await database.deliver(notification)
                let first = try #require(try await database.mark(notification, marks))
                let second = try #require(try await database.mark(notification, marks))
                #expect(second.item == first.item)
                #expect(second.version == nil)
                #expect(try await database.version(of: "ann") == (first.version ?? 1))
            }
        }

        /// P6.
        @Test func onlyItsOwnerMarksIt() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                try await database.deliver(notification, sample(to: "bob"))
                for marks in [InboxMarks(seen: true), InboxMarks(archived: true), InboxMarks(read: true)] {
                    #expect(try await database.mark(notification, marks, of: "bob") == nil)
                }
                let decision = try #require(try await database.history(of: notification).decision)
                #expect(decision.readAt == nil && decision.seenAt == nil && decision.archivedAt == nil)
            }
        }

        /// Two tabs do the same at once: one changes it, the other finds it changed, and one version is raised.
        @Test func twoTabsAtOnce() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                try await database.deliver(notification)
                let versions = try await withThrowingTaskGroup(of: Int64?.self) { group async throws in
                    try await database.pool.transaction { connection async throws in
                        _ = try await TakeSeqs.run([sample()], at: sampleTime, on: connection)
                        for _ in 0..<2 {
                            group.addTask {
                                try await database.mark(notification, InboxMarks(archived: true))?.version
                            }
                        }
                        #expect(try await database.areBlocked(2))
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(versions.compactMap(\.self) == [3])
                #expect(try await database.version(of: "ann") == 3)
            }
        }

        @Test func aRecallWhileItWaitsLeavesItUnmarked() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                try await database.deliver(notification)
                try await withThrowingTaskGroup(of: Bool.self) { group async throws in
                    try await database.pool.transaction { connection async throws in
                        _ = try await TakeSeqs.run([sample()], at: sampleTime, on: connection)
                        group.addTask { try await database.mark(notification, InboxMarks(archived: true)) == nil }
                        #expect(try await database.areBlocked(1))
                        try await PutTombstone.run(notification.id, of: shop, on: database.pool)
                    }
                    #expect(try await group.next() == true)
                }
                #expect(try await database.history(of: notification).decision?.archivedAt == nil)
                #expect(try await database.version(of: "ann") == 2)
            }
        }
    }

    @Suite struct MarkingAll {
        @Test(arguments: MarkAll.Mark.allCases, [1, 3, 4, 100])
        func nothingAboveTheNumberIsMarked(_ mark: MarkAll.Mark, _ chunkSize: Int) async throws {
            try await withDatabase { database async throws in
                let all = (1...9).map { sample("\($0)") }
                try await database.deliver(all: all)
                // Not to be marked: one archived, one recalled; one read and one seen already.
                try await database.mark(all[1], InboxMarks(archived: true))
                try await PutTombstone.run(all[2].id, of: shop, on: database.pool)
                let read = try #require(try await database.mark(all[3], InboxMarks(read: true))).item
                let seen = try #require(try await database.mark(all[4], InboxMarks(seen: true))).item
                let before = try await database.version(of: "ann")
                let progress = try await database.markAll(mark, upTo: 7, chunkSize: chunkSize)
                #expect(progress.marked == (mark == .read ? 4 : 3))
                let version = try await database.version(of: "ann")
                #expect(progress.version == version && version > before)
                let items = Dictionary(
                    uniqueKeysWithValues: try await database.page(.all).items.map { ($0.seq, $0) })
                for seq in [Int64(1), 6, 7] {
                    #expect((items[seq]?.readAt != nil) == (mark == .read))
                    #expect(items[seq]?.seenAt != nil)
                }
                for seq in [Int64(8), 9, 2] { #expect(items[seq]?.readAt == nil && items[seq]?.seenAt == nil) }
                #expect(items[4] == read)
                #expect(items[5]?.seenAt == seen.seenAt && (items[5]?.readAt != nil) == (mark == .read))
                #expect(try await database.history(of: all[2]).decision?.seenAt == nil)

                let again = try await database.markAll(mark, upTo: 7, chunkSize: chunkSize)
                #expect(again.marked == 0 && again.version == nil)
                #expect(try await database.version(of: "ann") == version)
            }
        }

        @Test func nothingToMark() async throws {
            try await withDatabase { database async throws in
                try await database.deliver(sample(to: "bob"))
                for (user, seq) in [("ann", Int64.max), ("bob", 0)] {
                    let progress = try await database.markAll(.read, of: user, upTo: seq)
                    #expect(progress.marked == 0 && progress.version == nil && progress.allowance != nil)
                }
                #expect(try await database.counts("bob") == [1, 1])
            }
        }

        /// What comes in between two chunks has a higher number, also where it was due long before.
        @Test func aDeliveryInBetweenIsLeftAlone() async throws {
            try await withDatabase { database async throws in
                try await database.deliver(all: (1...6).map { sample("\($0)", dueAt: Week(of: sampleTime).next.start) })
                var progress = MarkAll.Progress(upTo: 6)
                var late: [Notification] = []
                while progress.next != nil {
                    progress = try await MarkAll.next(
                        progress, .read, of: "ann", requestsPerMinute: .max, chunkSize: 2, on: database.pool)
                    late.append(sample("late", acceptedAt: Week(of: sampleTime).start, dueAt: nil))
                    try await database.deliver(late[late.count - 1])
                }
                #expect(progress.marked == 6)
                #expect(late.count >= 3)
                let unread = try await database.unread().items
                #expect(Set(unread.map(\.id)) == Set(late.map(\.id)))
                #expect(unread.allSatisfy { $0.seq > 6 && $0.seenAt == nil })
            }
        }

        /// A delivery that holds the head makes it wait; what that delivers comes above the number.
        @Test func aDeliveryUnderWayIsLeftAlone() async throws {
            try await withDatabase { database async throws in
                try await database.deliver(sample(), sample())
                let late = sample("late")
                try await withThrowingTaskGroup(of: Int.self) { group async throws in
                    try await database.pool.transaction { connection async throws in
                        _ = try await deliver([late], on: connection)
                        group.addTask { try await database.markAll(.read, upTo: 2).marked }
                        #expect(try await database.areBlocked(1))
                    }
                    #expect(try await group.next() == 2)
                }
                #expect(try await database.unread().items.map(\.id) == [late.id])
            }
        }

        @Test func aHugeInboxGoesChunkByChunk() async throws {
            try await withDatabase { database async throws in
                _ = try await database.pool.query(
                    """
                    INSERT INTO inbox (user_id, id, due_at, state, seq, service_id, event_type, priority, message,
                        scheduled, revision, accepted_at)
                    SELECT 'ann', md5('i' || n)::uuid, $1, 'delivered', n, $2, 'new_message', 'normal', 'x', false, 0, $1
                    FROM generate_series(1, 20000) AS n
                    """,
                    [.timestamptz(microsecondsSinceUnixEpoch: sampleTime.microseconds), .uuid(shop)])
                _ = try await database.pool.query("INSERT INTO inbox_heads VALUES ('ann', 20000)")
                let progress = try await database.markAll(.read, upTo: 19_999)
                #expect(progress.marked == 19_999)
                #expect(progress.version == 20_020, "once a chunk of 1,000")
                #expect(try await database.counts() == [1, 1])
            }
        }
    }
}
