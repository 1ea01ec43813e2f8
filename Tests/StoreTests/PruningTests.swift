import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing

extension Live {
    /// What goes from tables without partitions, and what has to stay.
    @Suite struct Pruning {
        private static let day: Int64 = 86_400
        private static let long = sampleTime.advanced(bySeconds: 1_000 * day)

        private func claim(_ notifications: Notification..., database: TestDatabase) async throws {
            _ = try await ClaimIdempotencyKeys.run(notifications, on: database.pool)
        }

        private func pruneKeys(_ cutoff: Instant, limit: Int = 100, _ database: TestDatabase) async throws -> Int {
            try await PruneIdempotencyKeys.run(before: cutoff, limit: limit, shards: 1, on: database.pool)
        }

        @Test func keysGoWithWhatTheyWereGivenTo() async throws {
            try await withDatabase { database async throws in
                let far = sample(dueAt: Self.long, key: "far")
                try await self.claim(sample(key: "now"), far, database: database)
                #expect(try await self.pruneKeys(sampleTime, database) == 0)
                let later = sampleTime.advanced(bySeconds: Self.day)
                #expect(try await self.pruneKeys(later, database) == 1)
                #expect(try await database.history(of: far).keyedAt == sampleTime)
                // Its trail is told as long as it is pending, however late.
                try await database.schedule(far)
                let muchLater = Self.long.advanced(bySeconds: Self.day)
                #expect(try await self.pruneKeys(muchLater, database) == 0)
                _ = try await database.pool.query("DELETE FROM outbox")
                #expect(try await self.pruneKeys(muchLater, database) == 1)
            }
        }

        @Test func aRescheduledKeyLivesAsLongAsItsNotification() async throws {
            try await withDatabase { database async throws in
                let moved = sample(
                    acceptedAt: sampleTime, dueAt: Self.long.advanced(bySeconds: 50 * Self.day), key: "moved")
                try await self.claim(moved, database: database)
                try await database.schedule(moved)
                _ = try await Reschedule.run(
                    moved.id, of: shop, to: Self.long, shards: 1, on: database.pool)
                _ = try await database.pool.query("DELETE FROM outbox")
                for cutoff in [Self.long, Self.long.advanced(bySeconds: 1)] {
                    let isOver = cutoff > Self.long
                    #expect(try await self.pruneKeys(cutoff, database) == 0, "not before its revision")
                    let revisions = try await PruneReschedules.run(
                        before: cutoff, limit: 10, shards: 1, on: database.pool)
                    #expect(revisions == (isOver ? 1 : 0))
                    #expect(try await self.pruneKeys(cutoff, database) == (isOver ? 1 : 0))
                }
            }
        }

        @Test func revisionsStayWhilePending() async throws {
            try await withDatabase { database async throws in
                let moved = sample(dueAt: Self.long)
                try await database.schedule(moved)
                _ = try await Reschedule.run(
                    moved.id, of: shop, to: Self.long.advanced(bySeconds: -Self.day), shards: 1, on: database.pool)
                let cutoff = Self.long.advanced(bySeconds: Self.day)
                #expect(try await PruneReschedules.run(before: cutoff, limit: 10, shards: 1, on: database.pool) == 0)
                _ = try await database.pool.query("DELETE FROM outbox")
                #expect(try await PruneReschedules.run(before: cutoff, limit: 10, shards: 1, on: database.pool) == 1)
            }
        }

        @Test func inBoundedBatches() async throws {
            try await withDatabase { database async throws in
                _ = try await ClaimIdempotencyKeys.run((0..<25).map { sample(key: "\($0)") }, on: database.pool)
                var counts: [Int] = []
                repeat {
                    counts.append(try await self.pruneKeys(Self.long, limit: 10, database))
                } while counts.last != 0
                #expect(counts == [10, 10, 5, 0])
            }
        }

        private func pruneTombstones(_ cutoff: Instant, _ database: TestDatabase) async throws -> Int {
            try await PruneCancellations.run(before: cutoff, limit: 100, shards: 1, on: database.pool)
        }

        @Test func tombstonesThatAreDecidedAndOld() async throws {
            try await withDatabase { database async throws in
                let (recalled, unknown, undecided) = (sample(), sample(dueAt: Self.long, key: "k"), sample())
                try await database.deliver(recalled)
                try await self.claim(unknown, database: database)
                try await database.cancel(recalled)
                try await database.cancel(unknown)
                try await PutTombstone.run(undecided.id, of: shop, on: database.pool)
                let now = try await database.now()
                #expect(try await self.pruneTombstones(now.advanced(bySeconds: -60), database) == 0)
                #expect(try await self.pruneTombstones(now.advanced(bySeconds: 60), database) == 2)
                #expect(try await database.count("cancellations") == 1)
                // A key alone would tell that it is still on its way.
                #expect(try await database.history(of: unknown).state == nil)
                #expect(try await database.history(of: undecided).tombstone != nil)
            }
        }

        /// What is sent under a key that was forgotten is new. The tombstone of before would swallow it.
        @Test func aCancelledKeyLivesAsLongAsItsTombstone() async throws {
            try await withDatabase { database async throws in
                let cancelled = sample(key: "again")
                let others = (0..<3).map { sample(acceptedAt: sampleTime.advanced(bySeconds: 1), key: "other \($0)") }
                try await self.claim(cancelled, database: database)
                _ = try await ClaimIdempotencyKeys.run(others, on: database.pool)
                try await database.cancel(cancelled)
                #expect(try await self.pruneKeys(Self.long, limit: 1, database) == 1, "it is in nobody's way")
                #expect(try await self.pruneKeys(Self.long, database) == 2)
                let again = sample(acceptedAt: sampleTime.advanced(bySeconds: 7 * Self.day), key: "again")
                #expect(try await ClaimIdempotencyKeys.run([again], on: database.pool) == [false], "told as a repeat")
                let now = try await database.now()
                #expect(try await self.pruneTombstones(now.advanced(bySeconds: 60), database) == 1)
                #expect(try await ClaimIdempotencyKeys.run([again], on: database.pool) == [true])
                #expect(try await database.deliver(again).map(\.outcome) == [.delivered])
            }
        }

        /// Without its tombstone a row that the cancel had to leave would be delivered after all.
        @Test func theOutboxRowGoesFirst() async throws {
            try await withDatabase { database async throws in
                let far = sample(dueAt: Self.long)
                try await database.schedule(far)
                try await database.pool.transaction { holder async throws in
                    _ = try await holder.query("SELECT FROM outbox FOR UPDATE")
                    try await database.cancel(far)
                    #expect(try await self.pruneTombstones(Self.long, database) == 0, "somebody holds the row")
                }
                #expect(try await database.count("outbox") == 1)
                #expect(try await self.pruneTombstones(Self.long, database) == 1)
                #expect(try await database.count("outbox") == 0)
                #expect(try await database.count("cancellations") == 0)
            }
        }

        /// A service that cancels a guessed id of somebody else's takes nothing away from them.
        @Test func othersOutboxRowsStay() async throws {
            try await withDatabase { database async throws in
                let far = sample(dueAt: Self.long)
                try await database.schedule(far)
                try await database.cancel(far, by: otherService)
                #expect(try await self.pruneTombstones(Self.long, database) == 1)
                #expect(try await database.count("outbox") == 1)
            }
        }

        /// What nobody has looked at is not let go of by a clock.
        @Test func openDeadLettersStay() async throws {
            try await withDatabase { database async throws in
                try await RecordDeadLetters.run([try deadLetter(of: sample())], on: database.pool)
                #expect(try await PruneDeadLetters.run(before: Self.long, limit: 10, on: database.pool) == 0)
                let row = try #require(
                    try await ListDeadLetters.run(DeadLetterFilter(), limit: 1, on: database.pool).first)
                _ = try await SettleDeadLetters.run([row], as: .discarded, by: "me", on: database.pool)
                #expect(try await PruneDeadLetters.run(before: Self.long, limit: 10, on: database.pool) == 1)
            }
        }

        @Test func deadLettersAndCounts() async throws {
            try await withDatabase { database async throws in
                try await database.pool.withConnection { connection async throws in
                    try await connection.execute(
                        script: """
                            INSERT INTO dead_letters (topic, partition, record_offset, record_at, reason, attempts, recorded_at,
                                settled, settled_at)
                            SELECT 't', 0, n, now(), 'r', 1, timestamptz '2026-01-01T00:00:00Z', 'discarded',
                                timestamptz '2026-11-20T00:00:00Z' + n * interval '1 day'
                            FROM generate_series(1, 4) AS n;
                            INSERT INTO inbox_requests SELECT 'u' || n, timestamptz '2026-11-20T00:00:00Z' + n * interval '1 min', 1
                            FROM generate_series(1, 4) AS n;
                            INSERT INTO token_usage
                            SELECT gen_random_uuid(), timestamptz '2026-11-20T00:00:00Z' + n * interval '1 min', gen_random_uuid(), 1
                            FROM generate_series(1, 4) AS n;
                            """)
                }
                let start = try #require(Instant(rfc3339: "2026-11-20T00:00:00Z"))
                let days = start.advanced(bySeconds: 3 * Self.day)
                #expect(try await PruneDeadLetters.run(before: days, limit: 1, on: database.pool) == 1)
                #expect(try await PruneDeadLetters.run(before: days, limit: 10, on: database.pool) == 1)
                let minutes = start.advanced(bySeconds: 180)
                #expect(try await PruneInboxRequests.run(before: minutes, limit: 10, on: database.pool) == 2)
                #expect(try await PruneTokenUsage.run(before: minutes, limit: 10, on: database.pool) == 2)
                for table in ["dead_letters", "inbox_requests", "token_usage"] {
                    #expect(try await database.count(table) == 2)
                }
            }
        }
    }
}
