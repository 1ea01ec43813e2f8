import FoundationEssentials
import Logging
import Notifications
import Postgres
import Testing

@testable import Store

extension Live {
    /// How old partitions leave the inbox while others use it.
    @Suite struct OldPartitions {
        private static let old = Week(number: Week(of: sampleTime).number - 8)

        private func find(_ name: String, _ database: TestDatabase) async throws -> InboxPartition? {
            try await ListInboxPartitions.run(on: database.pool).first { $0.name == name }
        }

        private func makeOld(_ database: TestDatabase) async throws -> InboxPartition {
            try await CreateInboxPartition.run(Self.old, on: database.pool)
            try await database.deliver(sample("old", acceptedAt: Self.old.start), sample("new"))
            return try #require(try await self.find(Self.old.partitionName, database))
        }

        @discardableResult
        private func keeping<Success: Sendable>(
            _ database: TestDatabase, _ body: (PostgresConnection) async throws -> Success
        ) async throws -> Success? {
            try await KeeperSession.run(database.configuration, logger: quiet, body)
        }

        private func messages(_ database: TestDatabase) async throws -> [String] {
            try await database.unread().items.map(\.content.message)
        }

        @Test func allAreListedHoweverTheyWereMade() async throws {
            try await withDatabase { database async throws in
                for sql in [
                    "CREATE TABLE \"Old \"\"Month\"\"\" PARTITION OF inbox FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')",
                    "CREATE TABLE ever PARTITION OF inbox FOR VALUES FROM (MINVALUE) TO ('2001-01-01 01:00+01')",
                    "CREATE TABLE endless PARTITION OF inbox FOR VALUES FROM ('2100-01-01') TO ('infinity')",
                    "CREATE TABLE rest PARTITION OF inbox DEFAULT", "CREATE TABLE inbox_w19990104 (LIKE inbox)",
                ] { _ = try await database.pool.query(PostgresStatement(sql)) }
                let found = try await ListInboxPartitions.run(on: database.pool)
                func time(_ text: String) throws -> Instant { try #require(Instant(rfc3339: text)) }
                let week = Week(of: sampleTime)
                let expected = [
                    InboxPartition(
                        name: "\"Old \"\"Month\"\"\"", start: try time("2020-01-01T00:00:00Z"),
                        end: try time("2020-02-01T00:00:00Z")),
                    InboxPartition(name: "ever", start: nil, end: try time("2001-01-01T00:00:00Z")),
                    InboxPartition(
                        name: "endless", start: try time("2100-01-01T00:00:00Z"),
                        end: Instant(microseconds: .max)),
                    InboxPartition(name: "rest", start: nil, end: nil, isDefault: true),
                    InboxPartition(name: week.partitionName, start: week.start, end: week.end),
                    InboxPartition(name: week.next.partitionName, start: week.next.start, end: week.next.end),
                ]
                #expect(Set(found) == Set(expected))
            }
        }

        @Test func detachedAndThenDropped() async throws {
            try await withDatabase { database async throws in
                let partition = try await self.makeOld(database)
                try await self.keeping(database) { session async throws in
                    #expect(try await !DropPartition.run(partition, on: session), "it is attached")
                    try await DetachPartition.run(partition, on: session)
                    let detached = try #require(try await self.find(partition.name, database))
                    #expect(detached.attachment == .detached && detached.isRetired)
                    #expect(detached.start == partition.start && detached.end == partition.end)
                    #expect(try await self.messages(database) == ["new"])
                    #expect(try await database.count(partition.name) == 1)
                    #expect(try await DropPartition.run(detached, on: session))
                    #expect(try await self.find(partition.name, database) == nil)
                    #expect(try await !DropPartition.run(detached, on: session), "it is gone")
                }
                #expect(try await database.count("pg_class WHERE relname = '\(partition.name)'") == 0)
            }
        }

        /// Detaching failed before it began: what is left of it is taken off, and people may detach it and keep it.
        @Test func aMarkWithoutADetachingIsTakenOff() async throws {
            try await withDatabase { database async throws in
                let partition = try await self.makeOld(database)
                try await database.pool.withConnection { other async throws in
                    try await other.execute(script: "BEGIN; LOCK TABLE ONLY inbox IN SHARE MODE")
                    try await self.keeping(database) { session async throws in
                        try await session.execute(script: "SET lock_timeout = '20ms'")
                        await #expect(throws: PostgresError.self) {
                            try await DetachPartition.run(partition, on: session)
                        }
                        try await other.execute(script: "ROLLBACK")
                        let marked = try #require(try await self.find(partition.name, database))
                        #expect(marked.attachment == .attached && marked.isRetired)
                        #expect(try await KeepPartition.run(partition, on: session))
                        #expect(try await !KeepPartition.run(partition, on: session), "there is nothing to take off")
                        #expect(try await self.find(partition.name, database)?.isRetired == false)
                        // What is on its way out keeps its mark.
                        try await session.execute(script: "SET lock_timeout = '2s'")
                        try await DetachPartition.run(partition, on: session)
                        #expect(try await !KeepPartition.run(partition, on: session))
                    }
                }
                #expect(try await self.find(partition.name, database)?.isRetired == true)
            }
        }

        @Test func whatPeopleDetachIsNotDropped() async throws {
            try await withDatabase { database async throws in
                let partition = try await self.makeOld(database)
                _ = try await database.pool.query(
                    PostgresStatement("ALTER TABLE inbox DETACH PARTITION \(partition.name)"))
                #expect(try await self.find(partition.name, database) == nil)
                try await self.keeping(database) { session async throws in
                    #expect(try await !DropPartition.run(partition, on: session))
                }
                #expect(try await database.count(partition.name) == 1)
            }
        }

        @Test func whatComesBackIsAsItWas() async throws {
            try await withDatabase { database async throws in
                let partition = try await self.makeOld(database)
                try await self.keeping(database) { session async throws in
                    try await DetachPartition.run(partition, on: session)
                    let detached = try #require(try await self.find(partition.name, database))
                    try await ReattachPartition.run(detached, on: session)
                }
                #expect(try await self.find(partition.name, database) == partition)
                #expect(try await self.messages(database) == ["new", "old"])
            }
        }

        /// A reader with an old snapshot holds the detaching up, and nobody else: reads and inserts go on meanwhile, and
        /// what is left half is brought to its end when the reader is gone.
        @Test func aSlowReaderIsInNobodysWay() async throws {
            try await withDatabase { database async throws in
                let partition = try await self.makeOld(database)
                let longest = try await database.pool.withConnection { slow async throws in
                    try await slow.execute(script: "BEGIN ISOLATION LEVEL REPEATABLE READ")
                    let seen = try await slow.query("SELECT count(*) FROM inbox")[0].decode(0, as: Int.self)
                    #expect(seen == 2)
                    let longest = try await self.measure(database) {
                        try await self.keeping(database) { session async throws -> Bool in
                            // Long enough for others to be seen at work, and to be held up if they were.
                            try await session.execute(
                                script: "SET lock_timeout = '8s'; SET statement_timeout = '60s'")
                            await #expect {
                                try await DetachPartition.run(partition, on: session)
                            } throws: {
                                ($0 as? PostgresError)?.sqlState == "55P03"
                            }
                            return true
                        }
                    }
                    #expect(try await self.find(partition.name, database)?.attachment == .pending)
                    #expect(try await !self.messages(database).contains("old"))
                    // To this reader nothing has changed.
                    #expect(try await slow.query("SELECT count(*) FROM inbox")[0].decode(0, as: Int.self) == seen)
                    try await slow.execute(script: "COMMIT")
                    return longest
                }
                #expect(longest < .seconds(5), "a plain DETACH or DROP would hold them for the 8 s that it waits")
                let pending = try #require(try await self.find(partition.name, database))
                #expect(pending.isRetired)
                // None can be made beside it: what is due in it has expired.
                let late = sample("late", acceptedAt: Self.old.start)
                #expect(try await CreateInboxPartition.run(Self.old, on: database.pool) == [])
                let edge = sample("edge", acceptedAt: Self.old.end)
                let isOver = try await database.now() > Self.old.end.advanced(bySeconds: 86_400)
                #expect(
                    try await FindRetiring.run([sample(), late, edge], retentionDays: 1, on: database.pool)
                        == (isOver ? [1] : []))
                #expect(try await FindRetiring.run([late], retentionDays: 36_500, on: database.pool) == [])
                try await self.keeping(database) { session async throws in
                    try await FinishDetach.run(pending, on: session)
                    let detached = try #require(try await self.find(partition.name, database))
                    #expect(detached.attachment == .detached)
                    #expect(try await DropPartition.run(detached, on: session))
                }
            }
        }

        /// The longest that a read or an insert took while `body` ran.
        private func measure(
            _ database: TestDatabase, _ body: @escaping @Sendable () async throws -> Void
        ) async throws -> Duration {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await body()
                    return true
                }
                var longest: Duration = .zero
                var count = 0
                group.addTask { false }
                while let isDone = try await group.next() {
                    if isDone { break }
                    let began = ContinuousClock.now
                    try await database.deliver(sample("meanwhile \(count)"))
                    _ = try await database.unread()
                    longest = max(longest, .now - began)
                    count += 1
                    group.addTask { false }
                }
                group.cancelAll()
                #expect(count > 5, "others were at work meanwhile")
                return longest
            }
        }

        /// One that was detached and is not yet dropped has the name of its week: what is delivered late all the same goes
        /// into another one.
        @Test func aNameThatIsTaken() async throws {
            try await withDatabase { database async throws in
                let partition = try await self.makeOld(database)
                try await self.keeping(database) { session async throws in
                    try await DetachPartition.run(partition, on: session)
                }
                let late = sample("late", acceptedAt: Self.old.start)
                await #expect { try await database.deliver(late) } throws: {
                    ($0 as? PostgresError)?.isMissingPartition == true
                }
                let made = try await CreateInboxPartition.run(Self.old, on: database.pool)
                #expect(made == ["\(Self.old.partitionName)_2"])
                try await database.deliver(late)
                #expect(try await self.messages(database).contains("late"))
                let retired = try #require(try await self.find(partition.name, database))
                try await self.keeping(database) { session async throws in
                    #expect(try await DropPartition.run(retired, on: session))
                }
                #expect(try await self.messages(database).contains("late"))
            }
        }

        @Test func aWeekThatAMonthByHandTakesInPart() async throws {
            try await withDatabase { database async throws in
                let week = Week(number: Week(of: sampleTime).number + 20)
                let middle = week.start.advanced(bySeconds: 3 * 86_400)
                _ = try await database.pool.query(
                    PostgresStatement(
                        """
                        CREATE TABLE month PARTITION OF inbox
                        FOR VALUES FROM ('\(week.start.advanced(bySeconds: -30 * 86_400))') TO ('\(middle)')
                        """))
                #expect(try await CreateInboxPartition.run(week, on: database.pool) == [week.partitionName])
                let made = try #require(try await self.find(week.partitionName, database))
                #expect(made.start == middle && made.end == week.end)
                try await database.deliver(sample(dueAt: week.start), sample(dueAt: middle))
                #expect(try await CreateInboxPartition.run(week, on: database.pool) == [])
            }
        }

        @Test func oneKeeperAtATime() async throws {
            struct Failure: Error {}
            try await withDatabase { database async throws in
                let second = try await self.keeping(database) { _ in
                    try await self.keeping(database) { _ in true }
                }
                #expect(second == .some(nil))
                // Free again, also after a failure.
                await #expect(throws: Failure.self) {
                    try await self.keeping(database) { _ -> Bool in throw Failure() }
                }
                let isFree = try await eventually { try await self.keeping(database) { _ in true } == true }
                #expect(isFree)
            }
        }

        @Test func theLastLookIsRemembered() async throws {
            try await withDatabase { database async throws in
                let none = try await LookAtRetention.run(now: { sampleTime }, on: database.pool)
                #expect(none.lastLook == nil && none.daemonNow == sampleTime && none.partitions.count == 2)
                for number: Int64 in 1...2 {
                    let look = RetentionPlan.Look(at: sampleTime.advanced(bySeconds: number), steadySince: sampleTime)
                    try await NoteLook.run(look, on: database.pool)
                    #expect(try await LookAtRetention.run(now: { sampleTime }, on: database.pool).lastLook == look)
                }
                let before = try await database.now()
                let view = try await LookAtRetention.run(now: { sampleTime }, on: database.pool)
                #expect(view.postgresNow >= before)
            }
        }
    }
}
