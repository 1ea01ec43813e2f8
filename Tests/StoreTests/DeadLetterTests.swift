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
                let rows = try await ListDeadLetters.run(limit: 3, on: database.pool)
                #expect(rows.map(\.offset) == [4, 3, 2])
                let newest = try #require(rows.first)
                #expect(newest.topic == "notifi.deliveries")
                #expect(newest.partition == 2)
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
                let found = try #require(try await ListDeadLetters.run(limit: 10, on: database.pool).first)
                #expect(found.id == nil)
                #expect(found.service == nil)
                #expect(found.userID == nil)
                #expect(found.offset == 9)
            }
        }
    }
}
