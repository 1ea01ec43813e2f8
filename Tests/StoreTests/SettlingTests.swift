import FoundationEssentials
import Notifications
import Postgres
import Store
import Synchronization
import Testing

extension Live {
    /// What an operator does about dead letters is done once, and for good.
    @Suite struct Settling {
        private static func open(_ count: Int, in database: TestDatabase) async throws -> [ListDeadLetters.Row] {
            try await RecordDeadLetters.run(
                try (0..<count).map { try deadLetter(of: sample(), offset: Int64($0)) }, on: database.pool)
            return try await ListDeadLetters.run(
                DeadLetterFilter(standing: .open), oldestFirst: true, limit: count, on: database.pool)
        }

        /// Whoever comes second finds them settled or in somebody's hands, and nothing is done twice.
        @Test(arguments: Settlement.allCases)
        func byFourAtOnce(_ settlement: Settlement) async throws {
            try await withDatabase { database async throws in
                let rows = try await Self.open(40, in: database)
                let acts = Box<[Int64: Int]>([:])
                let settled = try await withThrowingTaskGroup(of: [Int64].self) { group in
                    for number in 0..<4 {
                        group.addTask {
                            // The second one from the other end: what would wait for one another in a circle.
                            let mine = number.isMultiple(of: 2) ? rows : Array(rows.reversed())
                            return try await SettleDeadLetters.run(
                                mine, as: settlement, by: "operator \(number)", on: database.pool
                            ) { letters in
                                acts.withLock { acts in
                                    for letter in letters { acts[letter.row.origin.offset, default: 0] += 1 }
                                }
                                return letters.map { _ in .success(()) }
                            }.settled.map(\.origin.offset)
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                #expect(settled.sorted() == (0..<40).map { Int64($0) })
                #expect(acts.withLock { $0.count == 40 && $0.values.allSatisfy { $0 == 1 } })
                let after = try #require(try await FindDeadLetters.run(rows[7].origin, on: database.pool).first)
                #expect(after.row.settled?.how == settlement)
                #expect(after.row.settled?.by?.hasPrefix("operator") == true)
                #expect(after.key == Array("ann".utf8))
                #expect(try await CountOpenDeadLetters.run(on: database.pool) == 0)
                for other in Settlement.allCases {
                    let late = try await SettleDeadLetters.run(rows, as: other, by: "late", on: database.pool)
                    #expect(late.settled.isEmpty && late.failed.isEmpty)
                }
            }
        }

        @Test func inTheOrderThatWasAskedFor() async throws {
            try await withDatabase { database async throws in
                let rows = try await Self.open(9, in: database)
                let offsets = Box<[Int64]>([])
                _ = try await SettleDeadLetters.run(rows, as: .replayed, by: "me", on: database.pool) { letters in
                    offsets.withLock { $0 = letters.map(\.row.origin.offset) }
                    return letters.map { _ in .success(()) }
                }
                #expect(offsets.withLock { $0 } == rows.map(\.origin.offset))
            }
        }

        @Test func whatCouldNotBeReplayedStaysOpen() async throws {
            struct Away: Error {}
            try await withDatabase { database async throws in
                let rows = try await Self.open(4, in: database)
                let outcome = try await SettleDeadLetters.run(rows, as: .replayed, by: "me", on: database.pool) {
                    $0.map { $0.row.origin.offset.isMultiple(of: 2) ? .success(()) : .failure(Away()) }
                }
                #expect(outcome.settled.map(\.origin.offset).sorted() == [0, 2])
                #expect(outcome.failed.map(\.row.origin.offset).sorted() == [1, 3])
                #expect(outcome.failed.allSatisfy { $0.reason is Away })
                let open = try await ListDeadLetters.run(
                    DeadLetterFilter(standing: .open), limit: 9, on: database.pool)
                #expect(open.map(\.origin.offset).sorted() == [1, 3])
            }
        }

        /// Ended between the brokers' word and the commit: they are open, and can be replayed again.
        @Test func killedBeforeTheCommit() async throws {
            try await withDatabase { database async throws in
                let rows = try await Self.open(3, in: database)
                await #expect(throws: PostgresError.self) {
                    try await SettleDeadLetters.run(rows, as: .replayed, by: "me", on: database.pool) { letters in
                        let kill = """
                            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                            WHERE datname = current_database() AND state = 'idle in transaction'
                            """
                        let killed = try? await database.pool.query(kill).count
                        #expect(killed == 1)
                        return letters.map { _ in .success(()) }
                    }
                }
                #expect(try await CountOpenDeadLetters.run(on: database.pool) == 3)
                let again = try await SettleDeadLetters.run(rows, as: .replayed, by: "me", on: database.pool)
                #expect(again.settled.count == 3)
            }
        }

        /// A trail tells first that it was replayed, then what came of it, however quickly that was there.
        @Test func itCountsFromBeforeTheAct() async throws {
            try await withDatabase { database async throws in
                let rows = try await Self.open(1, in: database)
                let acted = Box<Instant?>(nil)
                _ = try await SettleDeadLetters.run(rows, as: .replayed, by: "me", on: database.pool) { letters in
                    let now = try? await database.now()
                    acted.withLock { $0 = now }
                    return letters.map { _ in .success(()) }
                }
                let row = try #require(try await FindDeadLetters.run(rows[0].origin, on: database.pool).first?.row)
                let (settledAt, actedAt) = (try #require(row.settled?.at), try #require(acted.withLock { $0 }))
                #expect(settledAt < actedAt)
                #expect(settledAt > row.recordedAt)
            }
        }

        /// An origin that came twice, since the topic was made again, is two dead letters.
        @Test func oneOfTwoWithTheSameOrigin() async throws {
            try await withDatabase { database async throws in
                let (old, new) = (sample(), sample())
                try await RecordDeadLetters.run(
                    [try deadLetter(of: old), try deadLetter(of: new, at: sampleTime.advanced(bySeconds: 60))],
                    on: database.pool)
                let rows = try await ListDeadLetters.run(DeadLetterFilter(id: new.id), limit: 9, on: database.pool)
                #expect(
                    try await SettleDeadLetters.run(rows, as: .discarded, by: "me", on: database.pool).settled.count
                        == 1)
                let open = try await ListDeadLetters.run(DeadLetterFilter(standing: .open), limit: 9, on: database.pool)
                #expect(open.map(\.id) == [old.id])
            }
        }

        /// Erased, and not yet swept: nothing of theirs is sent any more. Of garbage, only the key tells whose it is.
        @Test func nothingOfAnErasedUser() async throws {
            try await withDatabase { database async throws in
                let garbage = RecordDeadLetters.Row(
                    topic: "notifi.requests", partition: 0, offset: 9, recordedAt: sampleTime, reason: "malformed",
                    attempts: 1, id: nil, service: nil, userID: nil, acceptedAt: nil, key: Array("ann".utf8),
                    value: [1], trace: nil)
                try await RecordDeadLetters.run(
                    [try deadLetter(of: sample()), garbage, try deadLetter(of: sample(to: "bob"), offset: 2)],
                    on: database.pool)
                let rows = try await ListDeadLetters.run(DeadLetterFilter(), limit: 9, on: database.pool)
                #expect(rows.count == 3)
                _ = try await database.pool.query(
                    """
                    INSERT INTO erased_users (user_hash, erased_at, sweep_at)
                    VALUES (sha256('ann'), '2027-01-01T00:00:00Z', '2027-01-08T00:00:00Z')
                    """)
                let settled = try await SettleDeadLetters.run(rows, as: .replayed, by: "me", on: database.pool).settled
                #expect(settled.map(\.userID) == ["bob"])
            }
        }
    }
}

private final class Box<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result { self.value.withLock { body(&$0) } }
}
