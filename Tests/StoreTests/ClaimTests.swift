import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing

extension Live {
    @Suite struct Claiming {
        /// So many rows, due one second after the other, the last of them a second ago.
        private func due(_ count: Int, in database: TestDatabase) async throws -> [Notification] {
            let now = try await database.now()
            let all = (0..<count).map { sample("\($0)", dueAt: now.advanced(bySeconds: Int64($0 - count))) }
            try await database.schedule(all: all.shuffled())
            return all
        }

        @Test func onlyWhatIsDue() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                let due = sample(dueAt: now.advanced(bySeconds: -1))
                try await database.schedule(due, sample(dueAt: now.advanced(bySeconds: 3_600)))
                let claimed = try await database.claim()
                #expect(claimed.map(\.id) == [due.id])
                #expect(claimed.allSatisfy { $0.claimedAt >= $0.dueAt && !$0.isCancelled })
                #expect(try await database.claim().isEmpty)
                #expect(try await database.count("outbox") == 1)
            }
        }

        /// P5: by Postgres' clock, not a moment too early, however often it is asked.
        @Test func neverEarly() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                let all = (1...20).map { sample(dueAt: Instant(microseconds: now.microseconds + $0 * 20_000)) }
                try await database.schedule(all: all)
                var claimed: [ClaimDue.Row] = []
                #expect(
                    try await eventually {
                        claimed += try await database.claim()
                        return claimed.count == 20
                    })
                #expect(claimed.allSatisfy { $0.claimedAt >= $0.dueAt })
                #expect(claimed.map(\.id) == all.map(\.id))
            }
        }

        @Test func theEarliestFirstAndNoMoreThanAsked() async throws {
            try await withDatabase { database async throws in
                let all = try await self.due(25, in: database)
                #expect(try await database.claim(limit: 10).map(\.id) == all[..<10].map(\.id))
                #expect(try await database.claim(limit: 10).map(\.id) == all[10..<20].map(\.id))
                #expect(try await database.claim(limit: 10).map(\.id) == all[20...].map(\.id))
                #expect(try await database.claim(limit: 10).isEmpty)
            }
        }

        /// Part of a claim could not be published: it stays as it was, and the rest is gone.
        @Test func whatIsGivenBackIsAsItWas() async throws {
            try await withDatabase { database async throws in
                let all = try await self.due(4, in: database)
                let read = "SELECT to_jsonb(o)::text AS row FROM outbox o WHERE id = ANY($1) ORDER BY id"
                let kept: [PostgresValue] = [.uuidArray([all[1].id.uuid, all[3].id.uuid])]
                func rows() async throws -> [String] {
                    try await database.pool.query(read, kept).map { try $0.decode("row", as: String.self) }
                }
                let before = try await rows()
                try #require(before.count == 2)
                try await database.pool.transaction { connection in
                    let claimed = try await ClaimDue.run(shard: 0, low: .beginning, limit: 10, on: connection)
                    try await GiveBack.run([claimed[1], claimed[3]], shard: 0, on: connection)
                    try await GiveBack.run([], shard: 0, on: connection)
                }
                #expect(try await rows() == before)
                #expect(try await database.claim().map(\.id) == [all[1].id, all[3].id])
            }
        }

        @Test func nothingBelowTheLowBound() async throws {
            try await withDatabase { database async throws in
                let all = try await self.due(10, in: database)
                // The bound itself counts.
                #expect(try await database.claim(low: all[6].dueAt).map(\.id) == all[6...].map(\.id))
                #expect(try await database.claim(low: all[6].dueAt).isEmpty)
                #expect(try await database.claim().map(\.id) == all[..<6].map(\.id))
            }
        }

        @Test func twoAtOnceShareWithoutOverlap() async throws {
            try await withDatabase { database async throws in
                let all = try await self.due(100, in: database)
                try await database.pool.transaction { one async throws in
                    try await database.pool.transaction { two async throws in
                        let first = try await ClaimDue.run(shard: 0, low: .beginning, limit: 50, on: one)
                        let second = try await ClaimDue.run(shard: 0, low: .beginning, limit: 80, on: two)
                        #expect(first.map(\.id) == all[..<50].map(\.id))
                        #expect(second.map(\.id) == all[50...].map(\.id))
                        #expect(try await database.claim().isEmpty)
                    }
                }
                #expect(try await database.count("outbox") == 0)
            }
        }

        @Test func manyAtOnceTakeAllOnce() async throws {
            try await withDatabase { database async throws in
                let all = try await self.due(400, in: database)
                let claimed = try await withThrowingTaskGroup(of: [NotificationID].self) { group async throws in
                    for _ in 0..<5 {
                        group.addTask {
                            var mine: [NotificationID] = []
                            while true {
                                let rows = try await database.pool.transaction { connection async throws in
                                    try await ClaimDue.run(shard: 0, low: .beginning, limit: 7, on: connection)
                                }
                                // Others may hold the rest, but each of them goes on until it finds nothing.
                                guard !rows.isEmpty else { return mine }
                                mine += rows.map(\.id)
                            }
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                #expect(claimed.count == 400)
                #expect(Set(claimed) == Set(all.map(\.id)))
            }
        }

        @Test func aRollbackGivesBack() async throws {
            struct Undone: Error {}
            try await withDatabase { database async throws in
                let all = try await self.due(10, in: database)
                await #expect(throws: Undone.self) {
                    try await database.pool.transaction { connection async throws in
                        let rows = try await ClaimDue.run(shard: 0, low: .beginning, limit: 10, on: connection)
                        #expect(rows.count == 10)
                        throw Undone()
                    }
                }
                #expect(try await database.claim().map(\.id) == all.map(\.id))
            }
        }

        @Test func whatIsCancelledIsFlagged() async throws {
            try await withDatabase { database async throws in
                let all = try await self.due(3, in: database)
                try await PutTombstone.run(all[1].id, of: shop, on: database.pool)
                try await PutTombstone.run(all[2].id, of: otherService, on: database.pool)
                #expect(try await database.claim().map(\.isCancelled) == [false, true, false])
            }
        }

        /// A claim that starts before a reschedule is committed and ends after it takes the row by its new time or not
        /// at all.
        @Test func whatIsBeingMovedIsLeft() async throws {
            try await withDatabase { database async throws in
                let all = try await self.due(2, in: database)
                try await database.pool.transaction { connection async throws in
                    _ = try await connection.query(
                        "UPDATE outbox SET due_at = due_at + interval '1 hour' WHERE id = $1", [.uuid(all[0].id.uuid)])
                    #expect(try await database.claim().map(\.id) == [all[1].id])
                }
                #expect(try await database.claim().isEmpty)
                #expect(try await database.count("outbox") == 1)
            }
        }
    }

    @Suite struct NextDueTime {
        @Test func nothingIsWaiting() async throws {
            try await withDatabase { database async throws in
                #expect(try await NextDue.run(shard: 0, low: .beginning, on: database.pool) == nil)
            }
        }

        @Test func theEarliestOfItsShardFromTheBoundOn() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                let (soon, later) = (now.advanced(bySeconds: 100), now.advanced(bySeconds: 200))
                try await database.schedule(sample(dueAt: later), sample(dueAt: soon))
                let next = try #require(try await NextDue.run(shard: 0, low: .beginning, on: database.pool))
                #expect(next.dueAt == soon)
                #expect(next.waitMicroseconds <= 100_000_000)
                #expect(next.waitMicroseconds > 50_000_000)
                let above = Instant(microseconds: soon.microseconds + 1)
                #expect(
                    try await NextDue.run(shard: 0, low: OutboxPlace(before: above), on: database.pool)?.dueAt == later)
                #expect(
                    try await NextDue.run(shard: 0, low: OutboxPlace(before: later), on: database.pool)?.dueAt == later)
                #expect(try await NextDue.run(shard: 1, low: .beginning, on: database.pool) == nil)
            }
        }

        /// Another poller's claim is not committed yet: the row still shows, with a time that is over.
        @Test func whatOthersHoldIsOverdue() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                try await database.schedule(sample(dueAt: now.advanced(bySeconds: -5)))
                try await database.pool.transaction { connection async throws in
                    _ = try await ClaimDue.run(shard: 0, low: .beginning, limit: 1, on: connection)
                    let next = try #require(try await NextDue.run(shard: 0, low: .beginning, on: database.pool))
                    #expect(next.waitMicroseconds <= -5_000_000)
                }
                #expect(try await NextDue.run(shard: 0, low: .beginning, on: database.pool) == nil)
            }
        }

        @Test func yearsAhead() async throws {
            try await withDatabase { database async throws in
                let now = try await database.now()
                let far = now.advanced(bySeconds: 20 * 365 * 86_400)
                try await database.schedule(sample(dueAt: far))
                let next = try #require(try await NextDue.run(shard: 0, low: .beginning, on: database.pool))
                #expect(next.dueAt == far)
                #expect(next.waitMicroseconds > 19 * 365 * 86_400 * 1_000_000)
            }
        }
    }
}
