import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing

extension Live {
    @Suite struct Histories {
        private func dead(_ notification: Notification, offset: Int64 = 0, _ database: TestDatabase) async throws {
            try await RecordDeadLetters.run([try deadLetter(of: notification, offset: offset)], on: database.pool)
        }

        @Test func whatNothingHasStored() async throws {
            try await withDatabase { database async throws in
                for notification in [sample(), sample(key: "k")] {
                    let history = try await database.history(of: notification)
                    #expect(history == History())
                    #expect(history.state == nil)
                }
            }
        }

        /// One notification in each state that the store can tell, and what is found of it.
        @Test func everyState() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                let (accepted, delivered) = (sample(key: "accepted"), sample())
                let soon = now.advanced(bySeconds: 60)
                let (scheduled, claimed, cancelled) = (sample(dueAt: soon), sample(dueAt: soon), sample(dueAt: soon))
                let (read, recalled) = (sample(), sample())
                let (expired, suppressed, buried) = (sample(expiresAt: .distantPast), sample(), sample())
                _ = try await ClaimIdempotencyKeys.run([accepted], on: database.pool)
                try await database.schedule(scheduled, claimed, cancelled)
                try await database.deliver(delivered, read, recalled, expired, suppressed)
                _ = try await Reschedule.run(claimed.id, of: shop, to: now, shards: 1, on: database.pool)
                #expect(try await database.claim().map(\.id) == [claimed.id])
                _ = try await database.markRead(read.id, of: "ann")
                try await database.cancel(cancelled)
                try await database.cancel(recalled)
                _ = try await database.pool.query(
                    "UPDATE inbox SET state = 'suppressed', reason = 'rate-limit' WHERE id = $1",
                    [.uuid(suppressed.id.uuid)])
                try await self.dead(buried, database)

                let expected: [(Notification, State)] = [
                    (accepted, .accepted), (scheduled, .scheduled), (claimed, .claimed), (delivered, .delivered),
                    (read, .read), (cancelled, .cancelled), (recalled, .recalled), (expired, .expired),
                    (suppressed, .suppressed(reason: "rate-limit")), (buried, .deadLettered),
                ]
                for (notification, state) in expected {
                    let history = try await database.history(of: notification)
                    #expect(history.state == state)
                    if state != .accepted && state != .claimed {
                        #expect(history.notification?.content == notification.content)
                        #expect(history.trail.first?.event == "accepted")
                    }
                    // P6: to every other service there is no such thing.
                    #expect(try await database.history(of: notification, for: otherService) == History())
                }
            }
        }

        /// By its key, as the acceptance time is not in a derived id; of a repeat the first one's.
        @Test func aDerivedId() async throws {
            try await withDatabase { database async throws in
                let first = sample(key: "k")
                let repeated = sample("other", acceptedAt: sampleTime.advanced(bySeconds: 9), key: "k")
                _ = try await ClaimIdempotencyKeys.run([first, repeated], on: database.pool)
                try await database.deliver(first)
                let history = try await database.history(of: repeated)
                // The request id is the router's matter; the inbox does not keep it.
                #expect(history.decision?.notification.content == first.content)
                #expect(history.decision?.notification.acceptedAt == first.acceptedAt)
                #expect(history.keyedAt == first.acceptedAt)
                #expect(history.otherBodyAt != nil)
                #expect(Set(history.trail.map(\.event)) == ["accepted", "delivered", "repeated"])
            }
        }

        @Test func aWholeLife() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                var notification = sample(acceptedAt: now.flooredToMilliseconds, dueAt: now.advanced(bySeconds: 3_600))
                try await CreateInboxPartition.run(Week(of: now), on: database.pool)
                try await database.schedule(notification)
                _ = try await Reschedule.run(notification.id, of: shop, to: now, shards: 1, on: database.pool)
                let row = try #require(try await database.claim().first)
                (notification.dueAt, notification.revision, notification.claimedAt) = (row.dueAt, 1, row.claimedAt)
                try await CreateInboxPartition.run(Week(of: row.dueAt), on: database.pool)
                try await database.deliver(notification)
                _ = try await database.markRead(notification.id, of: "ann")
                try await database.cancel(notification)
                let trail = try await database.history(of: notification).trail
                #expect(
                    trail.map(\.event)
                        == ["accepted", "scheduled", "rescheduled", "claimed", "delivered", "read", "recalled"])
            }
        }

        /// Between the poller's commit of Kafka and that of Postgres it is in both; the decision counts.
        @Test func inOutboxAndInboxAtOnce() async throws {
            try await withDatabase { database async throws in
                let notification = sample(dueAt: sampleTime)
                try await database.schedule(notification)
                try await database.deliver(notification)
                let history = try await database.history(of: notification)
                #expect(history.pending != nil)
                #expect(history.decision != nil)
                #expect(history.state == .delivered)
            }
        }

        @Test func deadLettersInTheOrderOfTheirTimes() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                try await self.dead(notification, offset: 7, database)
                try await self.dead(notification, offset: 3, database)
                let history = try await database.history(of: notification)
                #expect(history.deadLetters.map(\.origin) == ["notifi.deliveries/2/7", "notifi.deliveries/2/3"])
                #expect(history.deadLetters.allSatisfy { $0.reason == "poison" && $0.notification == notification })
            }
        }

        /// What nobody can read is in the trail all the same.
        @Test func aDeadLetterOfGarbage() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                let garbage = RecordDeadLetters.Row(
                    topic: "notifi.deliveries", partition: 0, offset: 0, recordedAt: sampleTime, reason: "malformed",
                    attempts: 1, id: notification.id, service: shop, userID: nil, acceptedAt: nil, key: nil,
                    value: [0xFF, 0xFF], trace: nil)
                try await RecordDeadLetters.run([garbage], on: database.pool)
                let history = try await database.history(of: notification)
                #expect(history.state == .deadLettered)
                #expect(history.notification == nil)
                #expect(history.trail.map(\.event) == ["dead-lettered"])
            }
        }

        @Test func aTombstoneWithoutAnAnswer() async throws {
            try await withDatabase { database async throws in
                let (unknown, delivered) = (sample(), sample())
                try await database.deliver(delivered)
                for notification in [unknown, delivered] {
                    try await PutTombstone.run(notification.id, of: shop, on: database.pool)
                }
                #expect(try await database.history(of: unknown).state == .cancelled)
                #expect(try await database.history(of: delivered).state == .recalled)
                #expect(try await database.history(of: delivered).tombstone?.answer == nil)
            }
        }
    }
}
