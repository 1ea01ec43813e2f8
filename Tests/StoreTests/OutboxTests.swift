import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing

extension Live {
    @Suite struct InsertingIntoTheOutbox {
        @Test func aRedeliveryAddsNothing() async throws {
            try await withDatabase { database async throws in
                let dueAt = try await database.now().advanced(bySeconds: 3_600)
                let first = sample(dueAt: dueAt)
                let second = sample(to: "bob", dueAt: dueAt)
                #expect(try await database.schedule(first) == 1)
                #expect(try await database.schedule(first) == 0)
                #expect(try await database.schedule(second, first, second) == 1)
                #expect(try await database.count("outbox") == 2)
                #expect(try await InsertOutbox.run([], on: database.pool).count == 0)
            }
        }

        @Test func everyFieldIsKept() async throws {
            try await withDatabase { database async throws in
                var notification = sample(dueAt: sampleTime.advanced(bySeconds: 60), expiresAt: sampleTime, key: "k")
                notification.trace = TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
                try await database.schedule(notification)
                let row = try #require(try await database.claim(limit: 1, low: .distantPast).first)
                #expect(row.id == notification.id)
                #expect(row.service == shop)
                #expect(row.userID == "ann")
                #expect(row.dueAt == notification.dueAt)
                #expect(row.revision == 0)
                #expect(row.trace == notification.trace)
                #expect(try reader(row.payload, row.trace) == notification)
            }
        }

        @Test func theShardsAreKeptApart() async throws {
            try await withDatabase { database async throws in
                let all = (0..<40).map { _ in sample(dueAt: sampleTime) }
                try await database.schedule(all: all, shards: 4)
                var claimed: [NotificationID] = []
                for shard in 0..<4 as Range<Int32> {
                    let rows = try await database.claim(shard: shard)
                    #expect(rows.allSatisfy { $0.id.shard(of: 4) == shard })
                    claimed += rows.map(\.id)
                }
                #expect(claimed.count == 40)
                #expect(Set(claimed) == Set(all.map(\.id)))
            }
        }

        @Test func whatIsCancelledStaysOut() async throws {
            try await withDatabase { database async throws in
                let cancelled = sample(dueAt: sampleTime)
                let kept = sample(dueAt: sampleTime)
                try await PutTombstone.run(cancelled.id, of: shop, on: database.pool)
                // Of another service's tombstone under this id nothing follows.
                try await PutTombstone.run(kept.id, of: otherService, on: database.pool)
                #expect(try await database.schedule(cancelled, kept) == 1)
                #expect(try await database.claim().map(\.id) == [kept.id])
            }
        }

        /// A request that comes again after its row was moved, claimed and deleted must not bring the old time back.
        @Test func anOlderRevisionStaysOut() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                var notification = sample(dueAt: now.advanced(bySeconds: 3_600))
                try await database.schedule(notification)
                let revision = try await Reschedule.run(
                    notification.id, of: shop, to: now.advanced(bySeconds: -1), shards: 1, on: database.pool)
                #expect(revision == 1)
                #expect(try await database.claim().map(\.id) == [notification.id])

                #expect(try await database.schedule(notification) == 0)
                notification.revision = 1
                #expect(try await database.schedule(notification) == 1)
            }
        }

        @Test func poisonTakesItsBatchAlong() async throws {
            try await withDatabase { database async throws in
                var bad = sample(dueAt: sampleTime)
                bad.userID = "a\0b"
                let batch = [try outboxRow(sample(dueAt: sampleTime)), try outboxRow(bad)]
                let stored = Arrivals<Int>()
                let poison = try await storeBisecting(batch) { part in
                    stored.add(try await InsertOutbox.run(part, on: database.pool).count)
                }
                #expect(poison.map(\.item.notification.id) == [bad.id])
                #expect(await stored.next() == 1)
                #expect(try await database.count("outbox") == 1)
            }
        }
    }

    @Suite struct WakingPollers {
        /// Runs `body` while somebody listens, and gives it the payloads as they come.
        private func whileListening(
            _ body: @escaping @Sendable (TestDatabase, Arrivals<String>) async throws -> Void
        ) async throws {
            try await withDatabase { database async throws in
                let listener = PostgresListener(
                    configuration: database.configuration, channels: [WakePollers.channel], logger: quiet)
                let (connects, payloads) = (Arrivals<Bool>(), Arrivals<String>())
                try await withThrowingTaskGroup(of: Void.self) { group async throws in
                    group.addTask {
                        await listener.run(
                            onConnect: { connects.add(true) }, onNotification: { payloads.add($0.payload) })
                    }
                    try #require(await connects.next() == true)
                    try await body(database, payloads)
                    group.cancelAll()
                }
            }
        }

        @Test func aWakeArrivesAsItWasSent() async throws {
            try await self.whileListening { database, payloads async throws in
                let wake = Wake(earliest: [0: sampleTime, 3: sampleTime.advanced(bySeconds: 1)])
                try await WakePollers.run(wake, on: database.pool)
                #expect(await payloads.next().flatMap { Wake($0) } == wake)
            }
        }

        /// One payload has room for some hundreds of shards.
        @Test func aGreatManyShardsComeInParts() async throws {
            try await self.whileListening { database, payloads async throws in
                let shards = (0..<700 as Range<Int32>).map { ($0 + 1_000_000_000, sampleTime) }
                let wake = Wake(earliest: Dictionary(uniqueKeysWithValues: shards))
                try await WakePollers.run(wake, on: database.pool)
                var arrived: [Int32: Instant] = [:]
                while arrived.count < 700, let payload = await payloads.next() {
                    let part = try #require(Wake(payload))
                    arrived.merge(part.earliest) { first, _ in first }
                }
                #expect(arrived == wake.earliest)
            }
        }

        @Test func whatIsRolledBackWakesNobody() async throws {
            struct Undone: Error {}
            try await self.whileListening { database, payloads async throws in
                let (lost, kept) = (Wake(earliest: [1: sampleTime]), Wake(earliest: [2: sampleTime]))
                await #expect(throws: Undone.self) {
                    try await database.pool.transaction { connection async throws in
                        try await WakePollers.run(lost, on: connection)
                        throw Undone()
                    }
                }
                try await database.pool.transaction { connection in try await WakePollers.run(kept, on: connection) }
                #expect(await payloads.next() == kept.description)
            }
        }

        @Test func aRescheduleWakes() async throws {
            try await self.whileListening { database, payloads async throws in
                let now = try await database.now()
                let notification = sample(dueAt: now.advanced(bySeconds: 3_600))
                try await database.schedule(notification)
                let soon = now.advanced(bySeconds: 600)
                _ = try await Reschedule.run(notification.id, of: shop, to: soon, shards: 1, on: database.pool)
                #expect(await payloads.next() == Wake(earliest: [0: soon]).description)
            }
        }
    }
}
