import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing

extension Live {
    @Suite struct WritingTheInbox {
        private func seqs(_ userID: String, _ database: TestDatabase) async throws -> [Int64] {
            try await database.unread(userID).items.map(\.seq)
        }

        @Test func numbersGrowInTheOrderOfTheBatch() async throws {
            try await withDatabase { database async throws in
                let first = [sample("a"), sample(to: "bob", "x"), sample("b"), sample("c")]
                let written = try await database.deliver(all: first)
                #expect(Set(written.map(\.id)) == Set(first.map(\.id)))
                #expect(written.allSatisfy { $0.isDelivered && $0.dueAt == sampleTime })
                try await database.deliver(sample("d"), sample(to: "bob", "y"))
                let page = try await database.unread()
                #expect(page.items.map(\.content.message) == ["d", "c", "b", "a"])
                #expect(page.items.map(\.seq) == [4, 3, 2, 1])
                #expect(try await self.seqs("bob", database) == [2, 1])
                #expect(try await database.version(of: "ann") == 4)
                #expect(try await database.version(of: "bob") == 2)
            }
        }

        @Test func everyFieldIsKept() async throws {
            try await withDatabase { database async throws in
                var notification = sample(dueAt: sampleTime.advanced(bySeconds: 60))
                notification.content = Notification.Content(
                    eventType: "system_alert", message: "Näh\n\"<b>", title: "T", actionURL: "/a?b=c",
                    priority: .critical,
                    data: #"{"a":[1,2.50]}"#)
                notification.expiresAt = Instant(microseconds: 4_000_000_000_000_123)
                notification.revision = 3
                notification.claimedAt = sampleTime.advanced(bySeconds: 61)
                notification.trace = TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
                let before = try await database.now()
                try await database.deliver(notification)
                let decision = try #require(try await database.history(of: notification).decision)
                #expect(decision.notification == notification)
                #expect(decision.outcome == .delivered)
                #expect(decision.readAt == nil)
                #expect(decision.seq == 1)
                #expect(decision.decidedAt >= before)
            }
        }

        /// P2.
        @Test func aRedeliveryChangesNothing() async throws {
            try await withDatabase { database async throws in
                let (one, two) = (sample("a"), sample("b"))
                try await database.deliver(one, two)
                let before = try await database.unread().items
                var again = one
                again.content.message = "changed on the way"
                #expect(try await database.deliver(again, two).isEmpty)
                #expect(try await database.unread().items == before)
                let new = sample("c")
                #expect(try await database.deliver(two, new, one).map(\.id) == [new.id])
                #expect(try await database.count("inbox") == 3)
            }
        }

        /// P2, should somebody ever write without the lock of the head: the unique key decides, and the next try finds it.
        @Test func ofTwoWritersWithoutTheLockOneFails() async throws {
            try await withDatabase { database async throws in
                let one = sample("a")
                try await database.deliver(sample("earlier"))
                try await database.pool.withConnection { first async throws in
                    _ = try await first.query("BEGIN")
                    _ = try await InsertInbox.run([(one, 7)], limits: .wide, on: first)
                    async let refusal = database.pool.withConnection { second async throws -> PostgresError? in
                        do {
                            _ = try await InsertInbox.run([(one, 8)], limits: .wide, on: second)
                            return nil
                        } catch {
                            return error as? PostgresError
                        }
                    }
                    #expect(try await database.areBlocked(1))
                    _ = try await first.query("COMMIT")
                    #expect(try await refusal?.isUniqueViolation == true)
                }
                #expect(try await database.deliver(one).isEmpty)
                #expect(try await self.seqs("ann", database) == [7, 1])
            }
        }

        @Test func aDuplicateWithinABatchIsOne() async throws {
            try await withDatabase { database async throws in
                let (one, two) = (sample("a"), sample("b"))
                #expect(try await database.deliver(one, two, one, two, one).count == 2)
                #expect(try await database.unread().items.map(\.content.message) == ["b", "a"])
            }
        }

        @Test func whatHasATombstoneIsNotWritten() async throws {
            try await withDatabase { database async throws in
                let (cancelled, kept) = (sample(), sample())
                try await PutTombstone.run(cancelled.id, of: shop, on: database.pool)
                try await PutTombstone.run(kept.id, of: otherService, on: database.pool)
                #expect(try await database.deliver(cancelled, kept).map(\.id) == [kept.id])
                #expect(try await database.count("inbox") == 1)
            }
        }

        @Test func expiryIsByPostgresClock() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                let late = sample(expiresAt: now)
                let inTime = sample(expiresAt: now.advanced(bySeconds: 3_600))
                let written = try await database.deliver(late, inTime)
                #expect(written.filter(\.isDelivered).map(\.id) == [inTime.id])
                #expect(written.count == 2)
                #expect(try await database.unread().items.map(\.id) == [inTime.id])
                #expect(try await database.history(of: late).state == .expired)
                // A redelivery finds the decision.
                #expect(try await database.deliver(late).isEmpty)
            }
        }

        @Test func anOlderRevisionIsDropped() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                var notification = sample(dueAt: now.advanced(bySeconds: 3_600))
                try await database.schedule(notification)
                _ = try await Reschedule.run(
                    notification.id, of: shop, to: sampleTime.advanced(bySeconds: 1), shards: 1, on: database.pool)
                notification.dueAt = sampleTime
                #expect(try await database.deliver(notification).isEmpty)
                notification.dueAt = sampleTime.advanced(bySeconds: 1)
                notification.revision = 1
                #expect(try await database.deliver(notification).count == 1)
            }
        }

        @Test func aZeroCharacterIsPoisonAndTheRestIsStored() async throws {
            try await withDatabase { database async throws in
                let all = (0..<7).map { sample($0 == 4 ? "a\0b" : "\($0)") }
                await #expect { try await database.deliver(all: all) } throws: {
                    ($0 as? PostgresError)?.isPoison == true
                }
                // The numbers that were taken went back with it.
                #expect(try await database.version(of: "ann") == 0)
                let poison = try await storeBisecting(all) { try await database.deliver(all: $0) }
                #expect(poison.map(\.item.id) == [all[4].id])
                #expect(
                    try await database.unread().items.map(\.content.message)
                        == ["6", "5", "3", "2", "1", "0"])
            }
        }

        /// Two spellings of one letter are equal to Swift, and two users to Postgres and Kafka.
        @Test func usersAreToldApartByTheirBytes() async throws {
            try await withDatabase { database async throws in
                let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
                try #require(composed == decomposed)
                try await database.deliver(
                    sample(to: composed, "a"), sample(to: decomposed, "b"), sample(to: composed, "c"))
                #expect(try await database.unread(composed).items.map(\.content.message) == ["c", "a"])
                #expect(try await database.unread(decomposed).items.map(\.content.message) == ["b"])
                #expect(try await self.seqs(composed, database) == [2, 1])
            }
        }

        @Test func nothingIsNothing() async throws {
            try await withDatabase { database async throws in
                #expect(try await database.deliver().isEmpty)
                #expect(try await database.version(of: "nobody") == 0)
            }
        }

        /// A reader who has seen 2 never finds a 1 later: who writes a user's inbox waits for who does already.
        @Test func numbersBecomeVisibleInTheirOrder() async throws {
            try await withDatabase { database async throws in
                try await withThrowingTaskGroup(of: Void.self) { group async throws in
                    try await database.pool.transaction { connection async throws in
                        try await StoreTests.deliver([sample("first")], on: connection)
                        group.addTask { try await database.deliver(sample("second")) }
                        #expect(try await database.areBlocked(1))
                        #expect(try await database.unread().items.isEmpty)
                    }
                    try await group.waitForAll()
                }
                #expect(try await database.unread().items.map(\.content.message) == ["second", "first"])
            }
        }

        /// Batches with the same users in different orders do not deadlock, and no number is given twice.
        @Test func manyWritersAtOnce() async throws {
            try await withDatabase { database async throws in
                let users = (0..<80).map { "user\($0)" }
                try await withThrowingTaskGroup(of: Void.self) { group async throws in
                    for _ in 0..<5 {
                        group.addTask {
                            for _ in 0..<6 {
                                try await database.deliver(all: users.shuffled().map { sample(to: $0) })
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                for user in users.prefix(8) {
                    #expect(try await self.seqs(user, database) == (1...30).reversed())
                }
            }
        }
    }

    @Suite struct Partitions {
        /// Far from those that every test's database has.
        private static let far = sampleTime.advanced(bySeconds: 500 * 86_400)

        @Test func aMissingOneIsToldAndMadeAndThenItGoes() async throws {
            try await withDatabase { database async throws in
                let notification = sample(dueAt: Self.far)
                await #expect { try await database.deliver(sample(), notification) } throws: {
                    guard let error = $0 as? PostgresError else { return false }
                    return error.isMissingPartition && !error.isPoison
                }
                #expect(try await database.count("inbox") == 0)
                try await CreateInboxPartition.run(Week(of: Self.far), on: database.pool)
                #expect(try await database.deliver(notification).count == 1)
                #expect(try await database.count(Week(of: Self.far).partitionName) == 1)
            }
        }

        @Test func makingItAgainChangesNothing() async throws {
            try await withDatabase { database async throws in
                try await CreateInboxPartition.run(Week(of: Self.far), on: database.pool)
                let notification = sample(dueAt: Self.far)
                try await database.deliver(notification)
                try await CreateInboxPartition.run(Week(of: Self.far), on: database.pool)
                #expect(try await database.history(of: notification).state == .delivered)
            }
        }

        @Test func severalAtOnce() async throws {
            try await withDatabase { database async throws in
                let weeks = [Week(of: Self.far), Week(of: Self.far).next]
                try await withThrowingTaskGroup(of: Void.self) { group async throws in
                    for number in 0..<6 {
                        group.addTask { try await CreateInboxPartition.run(weeks[number % 2], on: database.pool) }
                    }
                    try await group.waitForAll()
                }
                for week in weeks { #expect(try await database.count(week.partitionName) == 0) }
            }
        }

        /// It holds exactly its week: the first microsecond, and the last.
        @Test func theBoundsAreThoseOfTheWeek() async throws {
            try await withDatabase { database async throws in
                let week = Week(of: Self.far)
                try await CreateInboxPartition.run(week, on: database.pool)
                let last = Instant(microseconds: week.end.microseconds - 1)
                try await database.deliver(sample(dueAt: week.start), sample(dueAt: last))
                #expect(try await database.count(week.partitionName) == 2)
                for outside in [Instant(microseconds: week.start.microseconds - 1), week.end] {
                    await #expect { try await database.deliver(sample(dueAt: outside)) } throws: {
                        ($0 as? PostgresError)?.isMissingPartition == true
                    }
                }
            }
        }

        /// Readers and writers of other weeks go on while one is made; and it has the parent's indexes and checks.
        @Test func othersAreNotLockedOut() async throws {
            try await withDatabase { database async throws in
                try await database.pool.transaction { connection async throws in
                    try await StoreTests.deliver([sample()], on: connection)
                    try await CreateInboxPartition.run(Week(of: Self.far), on: database.pool)
                }
                let indexes = """
                    SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relname = $1
                    """
                let tables = ["inbox", Week(of: Self.far).partitionName, Week(of: sampleTime).partitionName]
                let counts = try await tables.asyncMap { table in
                    try await database.pool.query(indexes, [.text(table)])[0].decode(0, as: Int.self)
                }
                #expect(counts[0] > 0)
                #expect(Set(counts).count == 1, "\(counts)")
                await #expect { try await database.pool.query("UPDATE inbox SET state = 'lost'") } throws: {
                    ($0 as? PostgresError)?.isPoison == true
                }
            }
        }
    }
}

extension Array {
    func asyncMap<R>(_ transform: (Element) async throws -> R) async rethrows -> [R] {
        var results: [R] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
