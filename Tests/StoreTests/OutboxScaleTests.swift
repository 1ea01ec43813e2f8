import FoundationEssentials
import Notifications
import Postgres
import Testing

@testable import Store

extension Live {
    /// Counts, not times: they are the same on every machine.
    @Suite struct OutboxAtScale {
        /// Rows for the year 2100, or of now.
        private static func rows(_ count: Int, due: String, marked mark: String) -> String {
            """
            INSERT INTO outbox (shard, id, due_at, service_id, user_id, revision, accepted_at, payload)
            SELECT 0, md5('\(mark)' || n)::uuid, \(due), lpad('1', 32, '0')::uuid, 'user' || n % 500, 0,
                clock_timestamp(), decode(repeat('ab', 200), 'hex')
            FROM generate_series(1, \(count)) AS n;
            """
        }

        /// How many pages a statement touches, when it was run once before: what it changes is taken back.
        private static func pages(
            _ sql: String, _ types: String, _ arguments: String, on connection: PostgresConnection
        ) async throws -> Int {
            try await connection.execute(script: "PREPARE touched (\(types)) AS \(sql)")
            var plan = ""
            for _ in 0..<2 {
                try await connection.execute(script: "BEGIN")
                plan = try await connection.query(
                    PostgresStatement("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) EXECUTE touched (\(arguments))")
                ).map { try $0.decode(0, as: String.self) }.joined(separator: "\n")
                try await connection.execute(script: "ROLLBACK")
            }
            try await connection.execute(script: "DEALLOCATE touched")
            let line = try #require(plan.split(separator: "\n").first { $0.contains("Buffers: shared") }, "\(plan)")
            return line.split(whereSeparator: { $0 == " " || $0 == "=" }).reduce(into: (0, "")) { sum, word in
                if sum.1 == "hit" || sum.1 == "read" { sum.0 += Int(word) ?? 0 }
                sum.1 = String(word)
            }.0
        }

        private static let lowest = "00000000-0000-0000-0000-000000000000"
        private static let all = "0, '1970-01-01 00:00:00+00', '\(Self.lowest)'"
        private static let place = "int4, timestamptz, uuid"

        /// A claim, the look for what is due next, and the sweep from the very beginning, which is also what a wake-up
        /// asks for.
        private static func touched(on connection: PostgresConnection) async throws -> [Int] {
            let now = try await connection.query("SELECT clock_timestamp()::text")[0].decode(0, as: String.self)
            let late = "0, '\(now)', '\(Self.lowest)'"
            return [
                try await Self.pages(ClaimDue.sql, Self.place + ", int8", Self.all + ", 100", on: connection),
                try await Self.pages(ClaimDue.sql, Self.place + ", int8", late + ", 100", on: connection),
                try await Self.pages(NextDue.sql, Self.place, Self.all, on: connection),
                try await Self.pages(NextDue.sql, Self.place, late, on: connection),
            ]
        }

        @Test("100,000 more schedules for the year 2100: a claim and a look touch no more pages than before")
        func theFarFutureCostsNothing() async throws {
            try await withDatabase { database async throws in
                try await database.pool.withConnection { connection async throws in
                    try await connection.execute(
                        script: Self.rows(300, due: "clock_timestamp() - interval '1 h'", marked: "due")
                            + Self.rows(300, due: "clock_timestamp() + interval '1 h'", marked: "soon")
                            + "ANALYZE outbox")
                    let far = "timestamptz '2100-01-01T00:00:00Z' + n * interval '1 s'"
                    // So many that no plan reads the whole table.
                    try await connection.execute(script: Self.rows(10_000, due: far, marked: "far") + "ANALYZE outbox")
                    let without = try await Self.touched(on: connection)
                    try await connection.execute(
                        script: Self.rows(100_000, due: far, marked: "farther") + "ANALYZE outbox")
                    let with = try await Self.touched(on: connection)
                    // An index of more rows may have one level more: a page for each descent.
                    #expect(zip(with, without).allSatisfy { $0 <= $1 + 2 }, "\(without) without, \(with) with")
                    #expect(without[0] > 100, "the first of them claims: \(without)")
                }
            }
        }

        @Test("many due at the same moment: a claim does not walk over what was claimed before it")
        func theSameMoment() async throws {
            try await withDatabase { database async throws in
                try await database.pool.withConnection { connection async throws in
                    let due = "date_trunc('hour', clock_timestamp())"
                    try await connection.execute(
                        script: Self.rows(20_000, due: due, marked: "due") + "ANALYZE outbox")
                    try await database.pool.transaction { other async throws in
                        // As long as this sees the past, nothing of what is claimed can be taken out of the index.
                        try await other.execute(script: "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1")
                        _ = try await other.query("SELECT count(*) FROM outbox")
                        let claimed = try await ClaimDue.run(shard: 0, low: .beginning, limit: 15_000, on: connection)
                        let last = try #require(claimed.last)
                        let behind = "0, '\(last.dueAt)', '\(last.id)', 100"
                        let types = Self.place + ", int8"
                        let followed = try await Self.pages(ClaimDue.sql, types, behind, on: connection)
                        let swept = try await Self.pages(ClaimDue.sql, types, Self.all + ", 100", on: connection)
                        #expect(followed < 1_000, "\(followed) pages behind the last one")
                        #expect(swept > 10_000, "\(swept) pages from the beginning: so there is something to walk over")
                    }
                }
            }
        }

        @Test("those due at the same moment are claimed in the order of their acceptance, claim by claim")
        func equalDueTimesKeepTheirOrder() async throws {
            try await withDatabase { database async throws in
                let dueAt = try await database.now().advanced(bySeconds: -1)
                let all = (0..<200).map { number in
                    sample(
                        acceptedAt: Instant(microseconds: sampleTime.microseconds + Int64(number) * 1_000), dueAt: dueAt
                    )
                }
                try await database.schedule(all: all.shuffled())
                var (claimed, low) = ([NotificationID](), OutboxPlace.beginning)
                while claimed.count < all.count {
                    let rows = try await ClaimDue.run(shard: 0, low: low, limit: 7, on: database.pool)
                    claimed += rows.map(\.id)
                    low = try #require(rows.last, "\(claimed.count) claimed").place
                }
                #expect(claimed == all.map(\.id))
                #expect(try await NextDue.run(shard: 0, low: low, on: database.pool) == nil)
            }
        }

        @Test(
            "six claimers on four shards, a fifth of whose claims is rolled back: each row is claimed once",
            arguments: 1...3 as ClosedRange<UInt64>)
        func manyClaimersOnManyShards(seed: UInt64) async throws {
            struct Undone: Error {}
            try await withDatabase { database async throws in
                let now = try await database.now()
                let all = (0..<2_000).map { sample("\($0)", dueAt: now.advanced(bySeconds: Int64($0 / 100 - 30))) }
                try await database.schedule(all: all, shards: 4)
                var ids = try await withThrowingTaskGroup(of: [NotificationID].self) { group async throws in
                    for claimer in 0..<6 {
                        group.addTask {
                            var mine: [NotificationID] = []
                            var count = UInt64(claimer) &+ seed &* 7
                            for shard in (0..<4).map({ Int32(($0 + claimer) % 4) }) {
                                while true {
                                    count += 1
                                    let isUndone = count % 5 == 0
                                    let limit = Int32(count * 13 % 60 + 1)
                                    do {
                                        let rows = try await database.pool.transaction { connection async throws in
                                            let rows = try await ClaimDue.run(
                                                shard: shard, low: .beginning, limit: limit, on: connection)
                                            if isUndone, !rows.isEmpty { throw Undone() }
                                            return rows
                                        }
                                        #expect(rows.map(\.place) == rows.map(\.place).sorted())
                                        mine += rows.map(\.id)
                                        if rows.isEmpty { break }
                                    } catch is Undone {}
                                }
                            }
                            return mine
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                // What was given back when the others had gone on.
                for shard in 0..<4 {
                    ids += try await database.claim(limit: 2_000, shard: Int32(shard)).map(\.id)
                }
                #expect(ids.count == all.count)
                #expect(Set(ids) == Set(all.map(\.id)))
            }
        }

        @Test("what is due soon is told by Postgres' clock, whatever the machine's says")
        func storingTellsPostgresTime() async throws {
            try await withDatabase { database async throws in
                let before = try await database.now()
                let stored = try await InsertOutbox.run(
                    [try outboxRow(sample(dueAt: before.advanced(bySeconds: 60)))], on: database.pool)
                let after = try await database.now()
                #expect(stored.count == 1)
                #expect(before <= stored.now && stored.now <= after)
            }
        }
    }
}
