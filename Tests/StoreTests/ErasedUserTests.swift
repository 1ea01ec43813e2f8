import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing
import Wire

extension Live {
    /// What was accepted before somebody was erased does not come back, wherever on its way it is met.
    @Suite struct ErasedUsers {
        private static let later = Instant(microseconds: sampleTime.microseconds + 1)

        @Test func inboxAndOutbox() async throws {
            try await withDatabase { database async throws in
                try await database.erase("ann")
                let (before, after, others) = (sample(), sample(acceptedAt: Self.later), sample(to: "bob"))
                #expect(try await database.outcomes([before, after, others]) == [nil, .delivered, .delivered])
                let due = sampleTime.advanced(bySeconds: 3_600)
                #expect(try await database.schedule(sample(dueAt: due)) == 0)
                #expect(
                    try await database.schedule(
                        sample(dueAt: due), sample(acceptedAt: Self.later, dueAt: due), sample(to: "bob", dueAt: due))
                        == 2)
            }
        }

        @Test func theyAreFoundByPlace() async throws {
            try await withDatabase { database async throws in
                let all = [sample(to: "bob"), sample(), sample(acceptedAt: Self.later), sample(to: "é"), sample()]
                #expect(try await FindErased.run(all, on: database.pool) == [])
                try await database.erase("ann")
                try await database.erase("é")
                #expect(try await FindErased.run(all, on: database.pool) == [1, 3, 4])
                #expect(try await FindErased.run([], on: database.pool) == [])
                // Another spelling of the letter is another user.
                #expect(try await FindErased.run([sample(to: "e\u{301}")], on: database.pool) == [])
                // They get no number, and where nothing of theirs is left, no head.
                let taken = try await TakeSeqs.run(all, at: sampleTime, on: database.pool)
                #expect(taken.erased == [1, 3, 4])
                let first = sampleTime.microseconds + 1
                #expect(taken.versions == [Array("bob".utf8): first, Array("ann".utf8): first])
                #expect(try await database.count("inbox_heads") == 2)
            }
        }

        /// A claim counts them as no first ones; the same key of after is one.
        @Test func idempotencyKeys() async throws {
            try await withDatabase { database async throws in
                try await database.erase("ann")
                let before = sample(key: "k")
                #expect(
                    try await ClaimIdempotencyKeys.run([before, sample(to: "bob", key: "k")], on: database.pool)
                        == [false, true])
                #expect(try await database.count("idempotency_keys") == 1)
                let after = sample(acceptedAt: Self.later, key: "k")
                #expect(try await ClaimIdempotencyKeys.run([before, after], on: database.pool) == [false, true])
                #expect(try await ClaimIdempotencyKeys.run([before], on: database.pool) == [false])
            }
        }

        @Test func recordsOfWhatWasCancelled() async throws {
            try await withDatabase { database async throws in
                try await database.erase("ann")
                let (before, others) = (sample(), sample(to: "bob"))
                for one in [before, others] { try await PutTombstone.run(one.id, of: shop, on: database.pool) }
                #expect(
                    try await RecordCancelled.run(
                        [(before, try before.encoded()), (others, try others.encoded())], on: database.pool) == 1)
                #expect(try await database.history(of: before).tombstone?.notification == nil)
                #expect(try await database.history(of: others).tombstone?.notification == others)
            }
        }

        /// By the user, by the key of a record that nobody could read, and by the time of the record where there is no other.
        @Test func deadLetters() async throws {
            try await withDatabase { database async throws in
                try await database.erase("ann")
                func garbage(_ offset: Int64, key: String?, at time: Instant) -> RecordDeadLetters.Row {
                    RecordDeadLetters.Row(
                        topic: "t", partition: 0, offset: offset, recordedAt: time, reason: "r", attempts: 1, id: nil,
                        service: nil, userID: nil, acceptedAt: nil, key: key.map { Array($0.utf8) }, value: [1],
                        trace: nil)
                }
                let rows = [
                    try deadLetter(of: sample(), offset: 1, at: Self.later),
                    try deadLetter(of: sample(acceptedAt: Self.later), offset: 2),
                    try deadLetter(of: sample(to: "bob"), offset: 3), garbage(4, key: "ann", at: sampleTime),
                    garbage(5, key: "ann", at: Self.later), garbage(6, key: "bob", at: sampleTime),
                    garbage(7, key: nil, at: sampleTime),
                ]
                #expect(try await RecordDeadLetters.run(rows, on: database.pool) == 5)
                let kept = try await ListDeadLetters.run(DeadLetterFilter(), limit: 10, on: database.pool)
                #expect(Set(kept.map(\.origin.offset)) == [2, 3, 5, 6, 7])
            }
        }

        /// The second look: one that came between the first, which numbered it, and the insert.
        @Test func oneThatRacesIsLeftOutAllTheSame() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                try await database.pool.transaction { connection async throws in
                    let taken = try await TakeSeqs.run([notification], on: connection)
                    #expect(taken.erased.isEmpty)
                    try await database.erase("ann")
                    let rows = [(notification: notification, seq: taken.versions[Array("ann".utf8)] ?? 0)]
                    #expect(try await InsertInbox.run(rows, limits: .wide, on: connection).isEmpty)
                    #expect(try await FindErased.run([notification], on: connection) == [0])
                }
                #expect(try await database.count("inbox") == 0)
            }
        }

        /// Somebody who comes back sees none of the versions of before.
        @Test func aNewHeadBeginsAtTheClock() async throws {
            try await withDatabase { database async throws in
                let first = try await TakeSeqs.run(
                    [sample(), sample(), sample(to: "bob")], at: sampleTime, on: database.pool)
                #expect(
                    first.versions == [
                        Array("ann".utf8): sampleTime.microseconds + 2, Array("bob".utf8): sampleTime.microseconds + 1,
                    ])
                // A head that is there goes on by ones, whatever the clock says.
                for clock in [Self.later.advanced(bySeconds: 60), .distantPast] {
                    _ = try await TakeSeqs.run([sample()], at: clock, on: database.pool)
                }
                #expect(try await database.version(of: "ann") == sampleTime.microseconds + 4)
                #expect(try await TakeSeqs.run([], at: sampleTime, on: database.pool).versions.isEmpty)
                _ = try await database.pool.query("DELETE FROM inbox_heads WHERE user_id = 'ann'")
                _ = try await TakeSeqs.run([sample()], at: sampleTime.advanced(bySeconds: 1), on: database.pool)
                #expect(try await database.version(of: "ann") == sampleTime.microseconds + 1_000_001)
            }
        }

        /// A delivery's clock may be behind the one by which the erasure left its head.
        @Test func aNewHeadBeginsAtPostgresClock() async throws {
            try await withDatabase { database async throws in
                let before = try await database.now()
                let first = try await TakeSeqs.run([sample(), sample(to: "bob"), sample()], on: database.pool).versions
                let (ann, bob) = (first[Array("ann".utf8)] ?? 0, first[Array("bob".utf8)] ?? 0)
                #expect(ann == bob + 1)
                #expect(bob > before.microseconds)
                #expect(bob <= (try await database.now().microseconds))
                let next = try await TakeSeqs.run([sample(), sample()], on: database.pool)
                #expect(next.versions == [Array("ann".utf8): ann + 2])
            }
        }
    }
}
