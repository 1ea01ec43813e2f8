import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing

extension Live {
    @Suite struct IdempotencyKeys {
        private func otherBodyAt(_ notification: Notification, _ database: TestDatabase) async throws -> Instant? {
            try await database.history(of: notification).otherBodyAt
        }

        @Test func theFirstRequestIsFirstAlsoWhenItComesAgain() async throws {
            try await withDatabase { database async throws in
                let first = sample(key: "k")
                #expect(try await ClaimIdempotencyKeys.run([first], on: database.pool) == [true])
                #expect(try await ClaimIdempotencyKeys.run([first], on: database.pool) == [true])
                #expect(try await self.otherBodyAt(first, database) == nil)
            }
        }

        @Test func aRepeatIsNot() async throws {
            try await withDatabase { database async throws in
                let first = sample(key: "k")
                let later = sample(acceptedAt: sampleTime.advanced(bySeconds: 60), key: "k")
                #expect(first.id == later.id)
                #expect(try await ClaimIdempotencyKeys.run([first], on: database.pool) == [true])
                #expect(try await ClaimIdempotencyKeys.run([later], on: database.pool) == [false])
                // The first one, redelivered, still is.
                #expect(try await ClaimIdempotencyKeys.run([first], on: database.pool) == [true])
                let history = try await database.history(of: later)
                #expect(history.keyedAt == first.acceptedAt)
                #expect(history.otherBodyAt == nil)
                #expect(history.state == .accepted)
            }
        }

        @Test func anotherBodyIsNotedOnce() async throws {
            try await withDatabase { database async throws in
                let first = sample(key: "k")
                let other = sample("Something else", key: "k")
                #expect(try await ClaimIdempotencyKeys.run([first, other], on: database.pool) == [true, false])
                let noted = try #require(try await self.otherBodyAt(first, database))
                #expect(try await ClaimIdempotencyKeys.run([other], on: database.pool) == [false])
                #expect(try await self.otherBodyAt(first, database) == noted)
            }
        }

        @Test func withinABatchTheEarlierPlaceWins() async throws {
            try await withDatabase { database async throws in
                let first = sample(key: "k")
                let batch = [
                    sample(to: "zoe", key: "k"), first, sample(key: "k"), sample(key: "other"), first,
                    sample(from: otherService, key: "k"),
                ]
                #expect(
                    try await ClaimIdempotencyKeys.run(batch, on: database.pool)
                        == [true, true, false, true, true, true])
                #expect(try await database.count("idempotency_keys") == 4)
            }
        }

        @Test func whatHasNoKeyIsLeftOut() async throws {
            try await withDatabase { database async throws in
                #expect(try await ClaimIdempotencyKeys.run([sample()], on: database.pool) == [])
                #expect(try await ClaimIdempotencyKeys.run([], on: database.pool) == [])
                let batch = [sample(), sample(key: "k"), sample()]
                #expect(try await ClaimIdempotencyKeys.run(batch, on: database.pool) == [true])
                #expect(try await database.count("idempotency_keys") == 1)
            }
        }

        /// Whoever comes second waits for the first one's commit, and then sees it.
        @Test(arguments: [true, false])
        func ofTwoAtOnceOneIsFirst(firstCommits: Bool) async throws {
            struct Undone: Error {}
            try await withDatabase { database async throws in
                let (one, two) = (sample(key: "k"), sample(key: "k"))
                try await withThrowingTaskGroup(of: [Bool].self) { group async throws in
                    do {
                        try await database.pool.transaction { connection async throws in
                            #expect(try await ClaimIdempotencyKeys.run([one], on: connection) == [true])
                            group.addTask { try await ClaimIdempotencyKeys.run([two], on: database.pool) }
                            #expect(try await database.areBlocked(1))
                            if !firstCommits { throw Undone() }
                        }
                    } catch is Undone {}
                    #expect(try await group.next() == [!firstCommits])
                }
                #expect(try await ClaimIdempotencyKeys.run([one], on: database.pool) == [firstCommits])
            }
        }

        /// Many routers, all with all keys in different orders: none waits for ever, and each key has one first.
        @Test func manyAtOnce() async throws {
            try await withDatabase { database async throws in
                let firsts = try await withThrowingTaskGroup(of: [NotificationID].self) { group async throws in
                    for _ in 0..<6 {
                        group.addTask {
                            let batch = (0..<50).map { sample(key: "\($0)") }.shuffled()
                            let isFirst = try await ClaimIdempotencyKeys.run(batch, on: database.pool)
                            return zip(batch, isFirst).filter(\.1).map(\.0.id)
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                #expect(firsts.count == 50)
                #expect(Set(firsts).count == 50)
            }
        }

        @Test func aZeroCharacterIsPoison() async throws {
            try await withDatabase { database async throws in
                var bad = sample(key: "k")
                bad.userID = "a\0b"
                let batch = [sample(key: "x"), bad]
                await #expect { try await ClaimIdempotencyKeys.run(batch, on: database.pool) } throws: {
                    ($0 as? PostgresError)?.isPoison == true
                }
                #expect(try await database.count("idempotency_keys") == 0)
            }
        }
    }
}
