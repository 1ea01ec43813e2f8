import FoundationEssentials
import Logging
import Notifications
import Postgres
import Testing

@testable import Store

extension Live {
    /// What an erasure takes out of Postgres, and what it leaves.
    @Suite struct Erasure {
        private static let user = "änn/ 7'%_"
        private static let secret = "a very private sentence"
        private static let later = sampleTime.advanced(bySeconds: 500 * 86_400)

        private func erase(
            _ user: String = Self.user, now: Instant = sampleTime, _ database: TestDatabase
        ) async throws -> EraseUser.Receipt {
            try await EraseUser.run(user, now: now, topicRetentionDays: 7, on: database.pool)
        }

        private func personal(
            acceptedAt: Instant = sampleTime, dueAt: Instant? = nil, key: String? = nil, to user: String = Self.user
        ) -> Notification {
            sample(to: user, Self.secret, acceptedAt: acceptedAt, dueAt: dueAt, key: key)
        }

        /// One of everything.
        private func fill(for user: String, _ database: TestDatabase) async throws {
            let delivered = self.personal(key: "delivered", to: user)
            let recalled = self.personal(to: user)
            let scheduled = self.personal(dueAt: Self.later, key: "scheduled", to: user)
            let cancelled = self.personal(dueAt: Self.later, to: user)
            _ = try await ClaimIdempotencyKeys.run([delivered, scheduled], on: database.pool)
            try await database.deliver(delivered, recalled)
            try await database.cancel(recalled)
            try await database.schedule(scheduled, cancelled)
            try await database.cancel(cancelled)
            _ = try await Reschedule.run(
                scheduled.id, of: shop, to: Self.later.advanced(bySeconds: 60), shards: 1, on: database.pool)
            let offset = Int64(user.utf8.reduce(0) { $0 * 31 % 1_000_003 + Int($1) })
            try await RecordDeadLetters.run(
                [
                    deadLetter(of: self.personal(to: user), offset: offset),
                    RecordDeadLetters.Row(
                        topic: "t", partition: 0, offset: offset, recordedAt: sampleTime, reason: "garbage",
                        attempts: 1,
                        id: nil, service: nil, userID: nil, acceptedAt: nil, key: Array(user.utf8), value: [0xFF],
                        trace: nil),
                ], on: database.pool)
            _ = try await database.pool.query(
                "INSERT INTO preferences VALUES ($1, 'new_message', false, $2)",
                [.text(user), .timestamptz(microsecondsSinceUnixEpoch: sampleTime.microseconds)])
            _ = try await database.pool.query(
                "INSERT INTO inbox_requests VALUES ($1, $2, 7)",
                [.text(user), .timestamptz(microsecondsSinceUnixEpoch: sampleTime.microseconds)])
        }

        @Test func nothingIsLeftAndOthersAreUntouched() async throws {
            try await withDatabase { database async throws in
                try await self.fill(for: "bob", database)
                let before = try await database.dump()
                try await self.fill(for: Self.user, database)
                #expect(try await database.mentions(Self.user) >= 8, "the search finds what is there")
                let receipt = try await self.erase(Self.user, database)
                var removed = SweepUser.Removed()
                removed.notifications = 2
                removed.scheduled = 1
                removed.preferences = 1
                removed.idempotencyKeys = 2
                removed.cancellations = 2
                removed.reschedules = 1
                removed.deadLetters = 2
                removed.requestCounts = 1
                #expect(receipt.removed == removed)
                #expect(receipt.sweepAt == receipt.erasedAt.advanced(bySeconds: 7 * 86_400))
                #expect(try #require(receipt.version) > 0)
                #expect(try await database.mentions(Self.user) == 0)
                let after = try await database.dump()
                #expect(after.filter { !$0.hasPrefix("erased_users") } == before)
                #expect(try await database.unread("bob").items.count == 1)
            }
        }

        @Test func anErasedOneHasNoTrail() async throws {
            try await withDatabase { database async throws in
                let (delivered, scheduled) = (self.personal(key: "k"), self.personal(dueAt: Self.later))
                _ = try await ClaimIdempotencyKeys.run([delivered], on: database.pool)
                try await database.deliver(delivered)
                try await database.schedule(scheduled)
                _ = try await self.erase(Self.user, database)
                for notification in [delivered, scheduled] {
                    #expect(try await database.history(of: notification).state == nil)
                }
            }
        }

        @Test func againAndNobodyAtAll() async throws {
            try await withDatabase { database async throws in
                let first = try await self.erase(Self.user, database)
                #expect(first.removed.total == 0 && first.version == nil)
                let second = try await self.erase(Self.user, database)
                #expect(second.erasedAt >= first.erasedAt)
                // The caller's clock may be a little ahead, and never goes back. By one that is years ahead nothing may
                // vanish that is sent meanwhile.
                let ahead = try await self.erase(Self.user, now: Self.later, database)
                #expect(ahead.erasedAt > second.erasedAt && ahead.erasedAt < second.erasedAt.advanced(bySeconds: 120))
                #expect(try await self.erase(Self.user, database).erasedAt >= ahead.erasedAt)
                #expect(try await database.count("erased_users") == 1)
                #expect(try await database.count("inbox_heads") == 0)
            }
        }

        @Test func whoComesBackIsSomebodyNew() async throws {
            try await withDatabase { database async throws in
                try await database.deliver(self.personal())
                let receipt = try await self.erase(Self.user, database)
                let fresh = self.personal(acceptedAt: receipt.erasedAt.advanced(bySeconds: 1))
                try await CreateInboxPartition.run(Week(of: fresh.dueAt), on: database.pool)
                // The old one, which was in Kafka all the time, does not come; the new one does, and stays.
                #expect(try await database.deliver(self.personal(), fresh).map(\.id) == [fresh.id])
                let (removed, version) = try await SweepUser.run(
                    Self.user, upTo: receipt.erasedAt, on: database.pool)
                #expect(removed.total == 0 && version != nil)
                #expect(try await database.unread(Self.user).items.map(\.id) == [fresh.id])
            }
        }

        /// A delivery that began before the tombstone is waited for, and what it wrote is met.
        @Test(arguments: [true, false])
        func aDeliveryThatIsUnderWay(hasHead: Bool) async throws {
            try await withDatabase { database async throws in
                if hasHead { try await database.deliver(self.personal()) }
                try await withThrowingTaskGroup(of: EraseUser.Receipt.self) { group async throws in
                    try await database.pool.transaction { connection async throws in
                        try await StoreTests.deliver([self.personal()], on: connection)
                        group.addTask { try await self.erase(Self.user, database) }
                        #expect(try await database.areBlocked(1))
                    }
                    #expect(try await group.next()?.removed.notifications == (hasHead ? 2 : 1))
                }
                #expect(try await database.mentions(Self.user) == 0)
            }
        }

        @Test func aClaimedRowIsLeftToThePoller() async throws {
            try await withDatabase { database async throws in
                try await database.schedule(self.personal(dueAt: sampleTime.advanced(bySeconds: -86_400)))
                try await database.pool.transaction { poller async throws in
                    #expect(try await ClaimDue.run(shard: 0, low: .beginning, limit: 9, on: poller).count == 1)
                    #expect(try await self.erase(Self.user, database).removed.scheduled == 0)
                }
                #expect(try await database.mentions(Self.user) == 0)
            }
        }

        /// Readers no longer see what is in a partition that is on its way out; it is there all the same.
        @Test func detachedPartitionsToo() async throws {
            try await withDatabase { database async throws in
                let week = Week(number: Week(of: sampleTime).number - 9)
                try await CreateInboxPartition.run(week, on: database.pool)
                try await database.deliver(self.personal(acceptedAt: week.start))
                let partition = try #require(
                    try await ListInboxPartitions.run(on: database.pool).first { $0.name == week.partitionName })
                _ = try await KeeperSession.run(database.configuration, logger: quiet) { session in
                    try await DetachPartition.run(partition, on: session)
                }
                #expect(try await self.erase(Self.user, database).removed.notifications == 1)
                #expect(try await database.mentions(Self.user) == 0)
            }
        }

        @Test func manyRowsGoInChunks() async throws {
            try await withDatabase { database async throws in
                let count = SweepUser.chunk * 2 + 10
                _ = try await database.pool.query(
                    """
                    INSERT INTO inbox (user_id, id, due_at, state, seq, service_id, event_type, priority, message, scheduled,
                        revision, accepted_at)
                    SELECT 'many', gen_random_uuid(), $1, 'delivered', n, gen_random_uuid(), 'new_message', 'normal', 'x',
                        false, 0, $1
                    FROM generate_series(1, $2) AS n
                    """,
                    [.timestamptz(microsecondsSinceUnixEpoch: sampleTime.microseconds), .int4(Int32(count))])
                #expect(try await self.erase("many", database).removed.notifications == count)
                #expect(try await database.count("inbox") == 0)
            }
        }

        /// Only the hash is known by then: what came back is found by it, in every table.
        @Test func theSecondSweep() async throws {
            try await withDatabase { database async throws in
                try await self.fill(for: "bob", database)
                try await self.fill(for: Self.user, database)
                let receipt = try await self.erase(Self.user, database)
                let around = receipt.erasedAt
                // As if the first sweep had not met it.
                _ = try await database.pool.query("DELETE FROM erased_users")
                try await self.fill(for: Self.user, database)
                let again = try await EraseUserRecord.put(Self.user, at: around, database)
                let due = try await FindDueErasures.run(at: receipt.sweepAt, limit: 9, on: database.pool)
                #expect(due.map(\.isLast) == [true] && due.map(\.erasedAt) == [again])
                try await KeeperSession.run(database.configuration, logger: quiet) { session in
                    let found = try await FindErasedUsers.run(due.map(\.userHash), on: session)
                    #expect(found.map(\.userID) == [Self.user])
                    #expect(found.map(\.userHash) == due.map(\.userHash))
                }
                #expect(try await SweepUser.run(Self.user, upTo: again, on: database.pool).removed.total == 12)
                try await NoteSweep.run(due[0], on: database.pool)
                #expect(try await FindDueErasures.run(at: Self.later, limit: 9, on: database.pool) == [])
                #expect(try await database.mentions(Self.user) == 0)
                #expect(try await database.mentions("bob") > 0)
                #expect(try await database.count("erased_users") == 1, "it stays")
            }
        }

        /// A router's statement that began before the tombstone, and ends when the first sweep is over: the keeper meets what
        /// it stored.
        @Test func aStatementThatBeganBefore() async throws {
            try await withDatabase { database async throws in
                let late = self.personal(dueAt: Self.later)
                let receipt = try await database.pool.transaction { router async throws in
                    _ = try await InsertOutbox.run([try outboxRow(late)], on: router)
                    return try await self.erase(Self.user, database)
                }
                #expect(receipt.removed.scheduled == 0)
                #expect(try await database.mentions(Self.user) > 0)
                let soon = receipt.erasedAt.advanced(bySeconds: 61)
                #expect(try await FindDueErasures.run(at: receipt.erasedAt, limit: 9, on: database.pool) == [])
                let due = try await FindDueErasures.run(at: soon, limit: 9, on: database.pool)
                #expect(due.map(\.isLast) == [false])
                try await KeeperSession.run(database.configuration, logger: quiet) { session in
                    for found in try await FindErasedUsers.run(due.map(\.userHash), on: session) {
                        let swept = try await SweepUser.run(found.userID, upTo: due[0].erasedAt, on: database.pool)
                        #expect(swept.removed.scheduled == 1)
                    }
                }
                try await NoteSweep.run(due[0], on: database.pool)
                #expect(try await database.mentions(Self.user) == 0)
                #expect(try await FindDueErasures.run(at: soon, limit: 9, on: database.pool) == [])
                #expect(try await FindDueErasures.run(at: receipt.sweepAt, limit: 9, on: database.pool).count == 1)
            }
        }

        /// Whoever began it died: the keeper takes it up after a minute.
        @Test func aFirstSweepThatWasNotCompleted() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                let begun = try await EraseUserRecord.put(Self.user, at: now, database)
                #expect(try await FindDueErasures.run(at: now, limit: 9, on: database.pool) == [])
                let soon = now.advanced(bySeconds: 61)
                let due = try await FindDueErasures.run(at: soon, limit: 9, on: database.pool)
                #expect(due.map(\.isLast) == [false] && due.map(\.erasedAt) == [begun])
                try await NoteSweep.run(due[0], on: database.pool)
                #expect(try await FindDueErasures.run(at: soon, limit: 9, on: database.pool) == [])
                let last = now.advanced(bySeconds: 8 * 86_400)
                #expect(try await FindDueErasures.run(at: last, limit: 9, on: database.pool).map(\.isLast) == [true])
            }
        }

        @Test func anIDThatPostgresRefuses() async throws {
            try await withDatabase { database async throws in
                await #expect { try await self.erase("a\0b", database) } throws: {
                    ($0 as? PostgresError)?.isPoison == true
                }
                #expect(try await database.count("erased_users") == 0)
            }
        }
    }
}

/// The tombstone of an erased user alone.
enum EraseUserRecord {
    static func put(_ user: String, at instant: Instant, _ database: TestDatabase) async throws -> Instant {
        let row = try await database.pool.query(
            """
            INSERT INTO erased_users (user_hash, erased_at, sweep_at)
            VALUES (sha256(convert_to($1, 'UTF8')), $2, $2 + interval '7 days') RETURNING erased_at
            """, [.text(user), .timestamptz(microsecondsSinceUnixEpoch: instant.microseconds)])[0]
        return Instant(
            microseconds: try row.decode("erased_at", as: PostgresTimestamp.self).microsecondsSinceUnixEpoch)
    }
}

extension TestDatabase {
    /// Every row of every table as text, with the table's name before it.
    func dump() async throws -> [String] {
        let tables = try await self.pool.query(
            """
            SELECT oid::regclass::text AS name FROM pg_class
            WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' ORDER BY 1
            """
        ).map { try $0.decode("name", as: String.self) }
        var rows: [String] = []
        for table in tables {
            rows += try await self.pool.query(PostgresStatement("SELECT t::text AS row FROM \(table) t ORDER BY 1"))
                .map { "\(table) \(try $0.decode("row", as: String.self))" }
        }
        return rows
    }

    /// How many rows of the whole database hold this user's id, as text or as bytes, or the content that only they get.
    func mentions(_ user: String, of secret: String = "a very private sentence") async throws -> Int {
        let isSecretTheirs = user != "bob"
        let texts = [user, user.replacing("'", with: "''")] + (isSecretTheirs ? [secret] : [])
        let needles = texts.flatMap { text in
            [text, text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()]
        }
        return try await self.dump().count { row in
            // What bob got is the same sentence.
            let isBobs = row.contains("bob") || row.contains("626f62")
            return needles.contains { row.contains($0) } && !(isSecretTheirs && isBobs)
        }
    }
}
