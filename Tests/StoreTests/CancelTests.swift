import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing

extension Live {
    /// P3: a cancel is a decision.
    @Suite struct Cancelling {
        @Test func beforeAnythingStoredIt() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                let first = try #require(try await database.cancel(notification))
                #expect(first.answer == .cancelled && first.isFirst)
                #expect(first.changed == nil)
                // It comes later, by either way, and gets nowhere.
                #expect(try await database.schedule(notification) == 0)
                #expect(try await database.deliver(notification).isEmpty)
                let again = try #require(try await database.cancel(notification))
                #expect(again.answer == .cancelled && !again.isFirst)
                #expect(again.decidedAt == first.decidedAt)
            }
        }

        @Test func whileItIsScheduled() async throws {
            try await withDatabase { database async throws in
                let (notification, kept) = (sample(dueAt: sampleTime), sample(dueAt: sampleTime))
                try await database.schedule(notification, kept)
                let decided = try #require(try await database.cancel(notification))
                #expect(decided.answer == .cancelled)
                #expect(decided.changed == nil)
                #expect(try await database.claim().map(\.id) == [kept.id])
                // The record went from the outbox row to the tombstone.
                let tombstone = try #require(try await database.history(of: notification).tombstone)
                #expect(tombstone.notification == notification)
                #expect(tombstone.answer == .cancelled)
                #expect(tombstone.scheduledAt != nil)
                #expect(tombstone.decidedAt == decided.decidedAt)
            }
        }

        /// A poller holds the row: the cancel waits for nobody, and the tombstone stops what was published.
        @Test func whileItIsBeingClaimed() async throws {
            try await withDatabase { database async throws in
                let notification = sample(dueAt: sampleTime)
                try await database.schedule(notification)
                try await database.pool.transaction { connection async throws in
                    let rows = try await ClaimDue.run(shard: 0, low: .beginning, limit: 1, on: connection)
                    #expect(rows.map(\.isCancelled) == [false])
                    #expect(try await database.cancel(notification)?.answer == .cancelled)
                }
                #expect(try await database.deliver(notification).isEmpty)
                #expect(try await database.count("outbox") == 0)
                #expect(try await database.cancel(notification)?.answer == .cancelled)
            }
        }

        /// The same, but the poller dies: the row is free again, and flagged.
        @Test func whileItIsBeingClaimedInVain() async throws {
            struct Undone: Error {}
            try await withDatabase { database async throws in
                let notification = sample(dueAt: sampleTime)
                try await database.schedule(notification)
                await #expect(throws: Undone.self) {
                    try await database.pool.transaction { connection async throws in
                        _ = try await ClaimDue.run(shard: 0, low: .beginning, limit: 1, on: connection)
                        #expect(try await database.cancel(notification)?.answer == .cancelled)
                        throw Undone()
                    }
                }
                #expect(try await database.claim().map(\.isCancelled) == [true])
            }
        }

        @Test(arguments: [nil, "key"])
        func whatWasVisibleIsRecalled(key: String?) async throws {
            try await withDatabase { database async throws in
                let notification = sample(key: key)
                if key != nil { _ = try await ClaimIdempotencyKeys.run([notification], on: database.pool) }
                try await database.deliver(notification, sample(to: "bob"))
                let decided = try #require(try await database.cancel(notification))
                #expect(decided.answer == .recalled)
                #expect(decided.changed?.userID == "ann")
                #expect(decided.changed?.version == 2)
                #expect(try await database.unread().items.isEmpty)
                #expect(try await database.unread().version == 2)
                #expect(try await database.unread("bob").version == 1)
                let again = try #require(try await database.cancel(notification))
                #expect(again.answer == .recalled)
                #expect(again.decidedAt == decided.decidedAt)
            }
        }

        @Test func whatWasReadIsRecalled() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                try await database.deliver(notification)
                _ = try await database.markRead(notification.id, of: "ann")
                #expect(try await database.cancel(notification)?.answer == .recalled)
                #expect(try await database.history(of: notification).state == .recalled)
            }
        }

        /// Nobody saw it, so there is nothing to recall.
        @Test func whatExpiredIsCancelled() async throws {
            try await withDatabase { database async throws in
                let notification = sample(expiresAt: .distantPast)
                try await database.deliver(notification)
                let decided = try #require(try await database.cancel(notification))
                #expect(decided.answer == .cancelled)
                #expect(decided.changed == nil)
                #expect(try await database.history(of: notification).state == .expired)
            }
        }

        /// A delivery that began before the tombstone and is committed after the answer: it never becomes visible, and
        /// the answer stays.
        @Test func aDeliveryThatRacesIsNeverVisible() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                let first = try await database.pool.transaction { connection async throws in
                    try await StoreTests.deliver([notification], on: connection)
                    return try await database.cancel(notification)
                }
                #expect(first?.answer == .cancelled)
                #expect(try await database.count("inbox") == 1)
                #expect(try await database.unread().items.isEmpty)
                #expect(try await database.markRead(notification.id, of: "ann") == nil)
                let again = try await database.cancel(notification)
                #expect(again?.answer == .cancelled)
                #expect(again?.decidedAt == first?.decidedAt)
                let history = try await database.history(of: notification)
                #expect(history.state == .cancelled)
                #expect(!history.trail.contains { $0.event == "delivered" })
            }
        }

        /// All get the first one's answer.
        @Test func severalDecideAtOnce() async throws {
            try await withDatabase { database async throws in
                for notification in (0..<5).map({ _ in sample(to: "ann") }) {
                    let answers = try await withThrowingTaskGroup(of: DecideCancel.Answer?.self) { group async throws in
                        group.addTask {
                            try await database.deliver(notification)
                            return nil
                        }
                        for _ in 0..<4 { group.addTask { try await database.cancel(notification) } }
                        return try await group.reduce(into: [DecideCancel.Answer]()) { answers, answer in
                            if let answer { answers.append(answer) }
                        }
                    }
                    #expect(answers.count == 4)
                    #expect(Set(answers.map(\.answer)).count == 1)
                    #expect(Set(answers.map(\.decidedAt)).count == 1)
                    #expect(answers.count { $0.isFirst } == 1)
                    #expect(try await database.unread().items.isEmpty)
                    #expect(try await database.history(of: notification).tombstone?.answer == answers[0].answer)
                }
            }
        }

        /// P6.
        @Test func anotherServicesStayUntouched() async throws {
            try await withDatabase { database async throws in
                let (delivered, scheduled) = (sample(), sample(dueAt: sampleTime))
                let keyed = sample(key: "k")
                _ = try await ClaimIdempotencyKeys.run([keyed], on: database.pool)
                try await database.deliver(delivered, keyed)
                try await database.schedule(scheduled)
                for notification in [delivered, scheduled, keyed] {
                    let decided = try #require(try await database.cancel(notification, by: otherService))
                    // What an id gets that nobody ever stored: it tells nothing.
                    #expect(decided.answer == .cancelled)
                    #expect(decided.changed == nil)
                    #expect(try await database.history(of: notification).tombstone == nil)
                }
                #expect(try await database.unread().items.count == 2)
                #expect(try await database.unread().version == 2)
                #expect(try await database.claim().map(\.isCancelled) == [false])
            }
        }

        @Test func withoutATombstoneThereIsNoAnswer() async throws {
            try await withDatabase { database async throws in
                let id = sample().id
                #expect(try await DecideCancel.run(id, of: shop, shards: 1, on: database.pool) == nil)
                #expect(try await database.count("cancellations") == 0)
            }
        }

        @Test func theShardIsFound() async throws {
            try await withDatabase { database async throws in
                let all = (0..<10).map { _ in sample(dueAt: sampleTime) }
                try await database.schedule(all: all, shards: 8)
                for notification in all {
                    try await PutTombstone.run(notification.id, of: shop, on: database.pool)
                    _ = try await DecideCancel.run(notification.id, of: shop, shards: 8, on: database.pool)
                }
                #expect(try await database.count("outbox") == 0)
            }
        }
    }

    @Suite struct UndecidedCancels {
        private func undecided(
            olderThan seconds: Double = 0, limit: Int = 10, _ database: TestDatabase
        ) async throws -> [NotificationID] {
            try await FindUndecidedCancels.run(olderThan: seconds, limit: limit, on: database.pool).map(\.id)
        }

        @Test func theOldestFirstUntilTheyAreDecided() async throws {
            try await withDatabase { database async throws in
                let all = (0..<4).map { _ in sample() }
                for notification in all { try await PutTombstone.run(notification.id, of: shop, on: database.pool) }
                #expect(try await self.undecided(database) == all.map(\.id))
                #expect(try await self.undecided(limit: 2, database) == all[..<2].map(\.id))
                #expect(try await self.undecided(olderThan: 60, database).isEmpty)
                _ = try await DecideCancel.run(all[1].id, of: shop, shards: 1, on: database.pool)
                #expect(try await self.undecided(database) == [all[0].id, all[2].id, all[3].id])
            }
        }

        @Test func eachWithItsService() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                try await PutTombstone.run(notification.id, of: shop, on: database.pool)
                try await PutTombstone.run(notification.id, of: otherService, on: database.pool)
                let found = try await FindUndecidedCancels.run(olderThan: 0, limit: 10, on: database.pool)
                #expect(found.map(\.service) == [shop, otherService])
                #expect(found.allSatisfy { $0.id == notification.id })
            }
        }

        /// A repeat does not make it young again.
        @Test func aRepeatKeepsTheTime() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                try await PutTombstone.run(notification.id, of: shop, on: database.pool)
                let first = try await database.history(of: notification).tombstone?.requestedAt
                try await PutTombstone.run(notification.id, of: shop, on: database.pool)
                #expect(try await database.history(of: notification).tombstone?.requestedAt == first)
                #expect(try await database.count("cancellations") == 1)
            }
        }
    }
}
