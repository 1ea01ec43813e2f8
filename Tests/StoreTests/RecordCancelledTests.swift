import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing
import Wire

extension Live {
    @Suite struct RecordingWhatWasCancelled {
        private func record(_ notifications: [Notification], _ database: TestDatabase) async throws -> Int {
            try await RecordCancelled.run(notifications.map { ($0, try $0.encoded()) }, on: database.pool)
        }

        @Test func onlyWhatHasATombstoneAndOnlyOnce() async throws {
            try await withDatabase { database async throws in
                let (cancelled, other, kept) = (sample("first"), sample(), sample())
                for notification in [cancelled, other] {
                    try await PutTombstone.run(notification.id, of: shop, on: database.pool)
                }
                try await PutTombstone.run(kept.id, of: otherService, on: database.pool)
                #expect(try await self.record([], database) == 0)
                #expect(try await self.record([cancelled, kept, other, cancelled], database) == 2)
                var again = cancelled
                again.content.message = "second"
                #expect(try await self.record([again], database) == 0)
                #expect(try await database.history(of: cancelled).tombstone?.notification == cancelled)
                #expect(try await database.history(of: kept).tombstone == nil)
                #expect(try await database.history(of: kept, for: otherService).tombstone?.notification == nil)
            }
        }

        /// An answer and a record that are written at the same time both stay.
        @Test func beforeAndAfterTheAnswer() async throws {
            try await withDatabase { database async throws in
                let (before, after) = (sample(), sample())
                try await PutTombstone.run(before.id, of: shop, on: database.pool)
                #expect(try await self.record([before], database) == 1)
                let decided = try #require(try await database.cancel(before))
                try await database.cancel(after)
                #expect(try await self.record([after], database) == 1)
                let (first, second) = (
                    try await database.history(of: before), try await database.history(of: after)
                )
                #expect(first.tombstone?.notification == before)
                #expect(first.tombstone?.decidedAt == decided.decidedAt)
                #expect(second.tombstone?.notification == after)
                #expect(second.state == .cancelled)
            }
        }

        /// It waits for a decider that holds the tombstone, and then adds to what that one wrote.
        @Test func whileSomebodyDecides() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                try await PutTombstone.run(notification.id, of: shop, on: database.pool)
                try await withThrowingTaskGroup(of: Int.self) { group async throws in
                    try await database.pool.transaction { connection async throws in
                        _ = try await connection.query(
                            "UPDATE cancellations SET answer = 'cancelled', decided_at = clock_timestamp()")
                        group.addTask { try await self.record([notification], database) }
                        #expect(try await database.areBlocked(1))
                    }
                    #expect(try await group.next() == 1)
                }
                let tombstone = try #require(try await database.history(of: notification).tombstone)
                #expect(tombstone.answer == .cancelled)
                #expect(tombstone.notification == notification)
            }
        }

        @Test func manyAtOnceInAnyOrder() async throws {
            try await withDatabase { database async throws in
                let all = (0..<60).map { _ in sample() }
                for notification in all { try await PutTombstone.run(notification.id, of: shop, on: database.pool) }
                let recorded = try await withThrowingTaskGroup(of: Int.self) { group async throws in
                    for _ in 0..<5 { group.addTask { try await self.record(all.shuffled(), database) } }
                    return try await group.reduce(0, +)
                }
                #expect(recorded == 60)
            }
        }
    }
}
