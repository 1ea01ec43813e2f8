import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing
import Wire

/// A delivery that could not be processed.
func deadLetter(
    of notification: Notification, offset: Int64 = 0, at recordedAt: Instant = sampleTime
) throws -> RecordDeadLetters.Row {
    RecordDeadLetters.Row(
        topic: "notifi.deliveries", partition: 2, offset: offset, recordedAt: recordedAt, reason: "poison", attempts: 3,
        id: notification.id, service: notification.service, userID: notification.userID,
        acceptedAt: notification.acceptedAt, key: Array(notification.userID.utf8), value: try notification.encoded(),
        trace: notification.trace)
}

extension Live {
    @Suite struct DeadLetters {
        @Test func aRedeliveryAddsNothing() async throws {
            try await withDatabase { database async throws in
                let (one, two) = (try deadLetter(of: sample(), offset: 1), try deadLetter(of: sample(), offset: 2))
                #expect(try await RecordDeadLetters.run([one, two, one], on: database.pool) == 2)
                #expect(try await RecordDeadLetters.run([two], on: database.pool) == 0)
                #expect(try await RecordDeadLetters.run([], on: database.pool) == 0)
            }
        }

        /// A topic that was made again counts from 0 again.
        @Test func theSameOffsetAtAnotherTimeIsAnother() async throws {
            try await withDatabase { database async throws in
                let notification = sample()
                let later = try deadLetter(of: notification, at: sampleTime.advanced(bySeconds: 1))
                #expect(
                    try await RecordDeadLetters.run([try deadLetter(of: notification), later], on: database.pool) == 2)
            }
        }

        @Test func theNewestFirstAndNoMoreThanAsked() async throws {
            try await withDatabase { database async throws in
                let all = (0..<5).map { _ in sample() }
                for (offset, notification) in all.enumerated() {
                    try await RecordDeadLetters.run(
                        [try deadLetter(of: notification, offset: Int64(offset))], on: database.pool)
                }
                let rows = try await ListDeadLetters.run(DeadLetterFilter(), limit: 3, on: database.pool)
                #expect(rows.map(\.origin.offset) == [4, 3, 2])
                let newest = try #require(rows.first)
                #expect(newest.origin.topic == "notifi.deliveries")
                #expect(newest.origin.partition == 2)
                #expect(newest.recordAt == sampleTime)
                #expect(newest.reason == "poison")
                #expect(newest.attempts == 3)
                #expect(newest.id == all[4].id)
                #expect(newest.service == shop)
                #expect(newest.userID == "ann")
            }
        }

        /// Of garbage only its place is known.
        @Test func whatNobodyCanReadHasOnlyItsPlace() async throws {
            try await withDatabase { database async throws in
                let row = RecordDeadLetters.Row(
                    topic: "notifi.requests", partition: 0, offset: 9, recordedAt: sampleTime, reason: "malformed",
                    attempts: 1, id: nil, service: nil, userID: nil, acceptedAt: nil, key: nil, value: nil, trace: nil)
                #expect(try await RecordDeadLetters.run([row], on: database.pool) == 1)
                let found = try #require(
                    try await ListDeadLetters.run(DeadLetterFilter(), limit: 10, on: database.pool).first)
                #expect(found.id == nil)
                #expect(found.service == nil)
                #expect(found.userID == nil)
                #expect(found.origin.offset == 9)
            }
        }

        @Test func filtersNarrowTogether() async throws {
            try await withDatabase { database async throws in
                let (mine, other) = (sample(), sample())
                try await RecordDeadLetters.run(
                    [try deadLetter(of: mine, offset: 1), try deadLetter(of: other, offset: 2)], on: database.pool)
                func found(_ filter: DeadLetterFilter) async throws -> [Int64] {
                    try await ListDeadLetters.run(filter, limit: 10, on: database.pool).map(\.origin.offset).sorted()
                }
                #expect(try await found(DeadLetterFilter(id: mine.id)) == [1])
                #expect(try await found(DeadLetterFilter(reason: "POIS", userID: mine.userID)) == [1, 2])
                #expect(try await found(DeadLetterFilter(reason: "%")) == [], "it is no pattern")
                #expect(try await found(DeadLetterFilter(topic: "notifi.requests")) == [])
                #expect(try await found(DeadLetterFilter(service: "nobody")) == [])
                #expect(
                    try await found(DeadLetterFilter(recordedSince: sampleTime.advanced(bySeconds: 3_000_000_000)))
                        == [])
                #expect(try await found(DeadLetterFilter(standing: .settled(.replayed))) == [])
                #expect(try await found(DeadLetterFilter(standing: .open, id: other.id)) == [2])
                #expect(
                    try await found(DeadLetterFilter(recordedBefore: sampleTime.advanced(bySeconds: -3_000_000_000)))
                        == [])
                let now = try await database.now()
                #expect(try await found(DeadLetterFilter(recordedSince: now.advanced(bySeconds: -60))) == [1, 2])
                #expect(try await found(DeadLetterFilter(recordedBefore: now.advanced(bySeconds: 60))) == [1, 2])
            }
        }

        @Test(arguments: ["", "a", "a/1", "/1/2", "//", "a/-1/2", "a/1/-2", "a/x/2", "a/01/2", "a/1/2 "])
        func otherTextIsNoOrigin(_ text: String) {
            #expect(DeadLetterOrigin(text) == nil)
        }

        @Test func anOriginIsReadAsItIsWritten() {
            let origin = DeadLetterOrigin(topic: "notifi.requests", partition: 3, offset: 42)
            #expect(DeadLetterOrigin("\(origin)") == origin)
            let strange = DeadLetterOrigin(topic: "a/1/\u{1B}", partition: 2, offset: 3)
            #expect(DeadLetterOrigin("\(strange)") == strange)
        }
    }
}
