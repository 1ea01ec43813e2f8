import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing

extension Live {
    @Suite struct Rescheduling {
        private func move(
            _ notification: Notification, to dueAt: Instant, by service: UUID = shop, _ database: TestDatabase
        ) async throws -> Int32? {
            try await Reschedule.run(notification.id, of: service, to: dueAt, shards: 1, on: database.pool)
        }

        @Test func itMovesAndCounts() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                let (soon, later) = (now.advanced(bySeconds: 600), now.advanced(bySeconds: 7_200))
                let notification = sample(dueAt: now.advanced(bySeconds: 3_600))
                try await database.schedule(notification)
                #expect(try await self.move(notification, to: later, database) == 1)
                #expect(try await NextDue.run(shard: 0, low: .beginning, on: database.pool)?.dueAt == later)
                #expect(try await self.move(notification, to: soon, database) == 2)
                let history = try await database.history(of: notification)
                #expect(history.pending?.notification.dueAt == soon)
                #expect(history.pending?.notification.revision == 2)
                #expect(history.rescheduledAt != nil)
                #expect(history.state == .scheduled)
                // The request that comes again finds its row.
                #expect(try await database.schedule(notification) == 0)
            }
        }

        @Test func theClaimHasTheNewTimeAndRevision() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                let notification = sample(dueAt: now.advanced(bySeconds: 3_600))
                try await database.schedule(notification)
                let past = now.advanced(bySeconds: -1)
                #expect(try await self.move(notification, to: past, database) == 1)
                let row = try #require(try await database.claim().first)
                #expect(row.dueAt == past)
                #expect(row.revision == 1)
                // Between outbox and inbox, the record of the reschedule still tells of it.
                #expect(try await database.history(of: notification).state == .claimed)
            }
        }

        /// Published, but the commit failed, and the standby that took over has a clock that is behind: it is not due yet, and
        /// can be moved.
        @Test func afterPostgresClockSteppedBackItIsStillShownOnce() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                let first = sample(acceptedAt: now, dueAt: now.advanced(bySeconds: 60))
                let other = sample(acceptedAt: now, dueAt: now.advanced(bySeconds: 60))
                try await database.schedule(first, other)
                #expect(try await database.deliver(first).map(\.outcome) == [.delivered])
                var moved = [first, other]
                for index in moved.indices {
                    moved[index].dueAt = now.advanced(bySeconds: 1)
                    moved[index].revision = 1
                    #expect(try await self.move(moved[index], to: moved[index].dueAt, database) == 1)
                }
                let written = try await database.deliver(all: moved)
                #expect(written.map(\.id) == [other.id])
                #expect(try await database.unread().items.map(\.id) == [other.id, first.id])
                #expect(try await database.count("inbox") == 2)
            }
        }

        @Test func whatIsClaimedStays() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                let later = now.advanced(bySeconds: 7_200)
                let notification = sample(dueAt: now.advanced(bySeconds: 3_600))
                try await database.schedule(notification)
                try await database.pool.transaction { connection async throws in
                    // Locked, though not due: whoever has it, it is not waited for.
                    _ = try await connection.query("SELECT 1 FROM outbox FOR UPDATE")
                    #expect(try await self.move(notification, to: later, database) == nil)
                }
                #expect(try await self.move(notification, to: later, database) == 1)
            }
        }

        @Test func whatIsDueDeliveredOrUnknownStays() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                let later = now.advanced(bySeconds: 7_200)
                let (due, delivered) = (sample(dueAt: now), sample())
                try await database.schedule(due)
                try await database.deliver(delivered)
                for notification in [due, delivered, sample()] {
                    #expect(try await self.move(notification, to: later, database) == nil)
                }
                #expect(try await database.count("reschedules") == 0)
                #expect(try await database.claim().map(\.dueAt) == [now])
            }
        }

        /// Also while the tombstone is alone, before anybody has decided.
        @Test func whatIsCancelledStays() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                let notification = sample(dueAt: now.advanced(bySeconds: 3_600))
                try await database.schedule(notification)
                try await PutTombstone.run(notification.id, of: shop, on: database.pool)
                #expect(try await self.move(notification, to: now.advanced(bySeconds: 60), database) == nil)
                try await database.cancel(notification)
                #expect(try await self.move(notification, to: now.advanced(bySeconds: 60), database) == nil)
                #expect(try await database.count("reschedules") == 0)
            }
        }

        /// P6.
        @Test func anotherServicesStays() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                let notification = sample(dueAt: now.advanced(bySeconds: 3_600))
                try await database.schedule(notification)
                #expect(
                    try await self.move(
                        notification, to: now.advanced(bySeconds: 60), by: otherService, database) == nil)
                #expect(try await database.history(of: notification).pending?.notification == notification)
                // Another one's tombstone does not keep it from moving.
                try await PutTombstone.run(notification.id, of: otherService, on: database.pool)
                #expect(try await self.move(notification, to: now.advanced(bySeconds: 60), database) == 1)
            }
        }

        /// Each of those that succeed has a revision of its own; the others are told that they did not.
        @Test func severalAtOnce() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                let notification = sample(dueAt: now.advanced(bySeconds: 3_600))
                try await database.schedule(notification)
                let revisions = try await withThrowingTaskGroup(of: Int32?.self) { group async throws in
                    for number in 1...12 as ClosedRange<Int64> {
                        group.addTask {
                            try await self.move(notification, to: now.advanced(bySeconds: 600 + number), database)
                        }
                    }
                    return try await group.reduce(into: [Int32]()) { revisions, revision in
                        if let revision { revisions.append(revision) }
                    }
                }
                #expect(!revisions.isEmpty)
                #expect(revisions.sorted() == (1...Int32(revisions.count)).map { $0 })
                let pending = try #require(try await database.history(of: notification).pending)
                #expect(pending.notification.revision == Int32(revisions.count))
                let recorded = try await database.pool.query("SELECT revision FROM reschedules")[0]
                    .decode(0, as: Int32.self)
                #expect(recorded == pending.notification.revision)
            }
        }
    }
}
