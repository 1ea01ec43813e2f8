import FoundationEssentials
import Kafka
import Notifications
import TestSupport
import Testing
import Wire

@testable import Poller
@testable import Store

@Suite struct ClaimedRowsTests {
    private static let service = UUID(bytes: [UInt8](repeating: 9, count: 16))
    private static let trace = TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")

    private static func notification(_ number: UInt8) -> Notification {
        Notification(
            id: id(number), service: self.service, userID: "ann",
            content: Notification.Content(eventType: "new_message", message: "Hello"), acceptedAt: at(1_000),
            dueAt: at(2_000), isScheduled: true, unknownFields: [0xC0, 0x3E, 0x96, 0x01])
    }

    private static func id(_ number: UInt8) -> NotificationID {
        NotificationID(uuid: UUID(bytes: [UInt8](repeating: 0, count: 15) + [number]))
    }

    private static func row(
        _ number: UInt8, due: Int64 = 3_000, payload: [UInt8]? = nil, isCancelled: Bool = false
    ) throws -> ClaimDue.Row {
        ClaimDue.Row(
            id: self.id(number), service: self.service, userID: "ann", dueAt: at(due), revision: 4,
            acceptedAt: at(1_000), scheduledAt: at(1_500), traceparent: self.trace?.description,
            payload: try payload ?? self.notification(number).encoded(), claimedAt: at(5_000), isCancelled: isCancelled)
    }

    @Test func nothing() {
        let rows = ClaimedRows([])
        #expect(rows.count == 0)
        #expect(rows.last == nil)
        #expect(rows.due.isEmpty)
    }

    /// The row knows better than what travelled, and nothing else of that is changed: whether it was rescheduled or goes on
    /// as it was stored, what arrives reads as the row says.
    @Test func whatIsPublishedReadsAsTheRowSays() throws {
        let moved = try Self.row(1)
        let asStored = ClaimDue.Row(
            id: Self.id(2), service: Self.service, userID: "ann", dueAt: at(2_000), revision: 0, acceptedAt: at(1_000),
            scheduledAt: at(1_500), traceparent: nil, payload: try Self.notification(2).encoded(), claimedAt: at(5_000),
            isCancelled: false)
        var expected = [Self.notification(1), Self.notification(2)]
        expected[0].dueAt = at(3_000)
        expected[0].revision = 4
        expected[0].trace = Self.trace
        for place in expected.indices { expected[place].claimedAt = at(5_000) }
        let records = ClaimedRows([moved, asStored]).records(on: "notifi.deliveries")
        let read = try records.map { record in
            try Notification(
                KafkaMessage(
                    topic: record.topic, partition: 0, offset: 0, timestampMilliseconds: 0, key: record.key,
                    value: record.value, headers: record.headers))
        }
        #expect(read == expected)
        for (record, notification) in zip(records, expected) {
            let whole = try notification.record(on: "notifi.deliveries")
            #expect(record.topic == whole.topic && record.key == whole.key && record.headers == whole.headers)
        }
    }

    /// It is for delivery to tell, which reads every field.
    @Test func whatHasABadFieldIsPublished() throws {
        let rows = ClaimedRows([try Self.row(1, payload: [])])
        #expect(rows.due.map(\.row.id) == [Self.id(1)] && rows.unreadable.isEmpty)
        let record = rows.records(on: "t")[0]
        #expect(throws: WireError.invalid(field: "id")) { try Notification(encoded: record.value, trace: nil) }
        #expect(record.headers.first == KafkaHeader(name: RecordHeader.notification, value: "\(Self.id(1))"))
    }

    @Test func eachIsPutWhereItBelongs() throws {
        let rows = ClaimedRows([
            try Self.row(1, due: 10), try Self.row(2, due: 20, isCancelled: true),
            try Self.row(3, due: 30, payload: [0xFF]),
            try Self.row(4, due: 40), try Self.row(5, due: 50, payload: [], isCancelled: true),
        ])
        #expect(rows.due.map(\.row.id) == [Self.id(1), Self.id(4)])
        #expect(rows.cancelled.map(\.notification.id) == [Self.id(2)])
        #expect(rows.cancelled.map(\.payload) == [try Self.notification(2).encoded()])
        #expect(rows.unreadable.map(\.row.id) == [Self.id(3), Self.id(5)])
        #expect(
            rows.unreadable.map(\.reason) == [.malformed(schema: "notifi.v1.Notification"), .invalid(field: "id")])
        // An unreadable row counts too: it was claimed, and the next claim begins behind it.
        #expect(rows.count == 5)
        #expect(rows.last == OutboxPlace(dueAt: at(50), id: Self.id(5)))
    }

    @Test func anUnreadableRowBecomesADeadLetter() throws {
        let row = try Self.row(7, payload: [0xFF, 0x00])
        let record = row.deadLetter(shard: 2, reason: "why", on: "notifi.dead-letters")
        #expect(record.topic == "notifi.dead-letters")
        let letter = DeadLetter(
            KafkaMessage(
                topic: record.topic, partition: 0, offset: 0, timestampMilliseconds: 99, key: record.key,
                value: record.value, headers: record.headers))
        #expect(letter.topic == "outbox")
        #expect(letter.partition == 2)
        #expect(letter.timestampMilliseconds == 3)
        #expect(letter.reason == "why")
        #expect(letter.attempts == 1)
        #expect(letter.key == Array("ann".utf8))
        #expect(letter.value == [0xFF, 0x00])
        #expect(letter.notification == Self.id(7))
        #expect(letter.service == Self.service)
    }

    /// The number is made of the id: the same at a second attempt, never negative, another for another id.
    @Test func whatWasNotPublishedIsLeftOut() throws {
        var rows = ClaimedRows([
            try Self.row(1), try Self.row(2), try Self.row(3, payload: [0xFF]), try Self.row(4, payload: [0xFF]),
            try Self.row(5, isCancelled: true),
        ])
        #expect(rows.published == [1, 2, 3, 4].map(Self.id))
        rows.remove([Self.id(2), Self.id(3)])
        #expect(rows.published == [1, 4].map(Self.id))
        #expect(
            rows.cancelled.count == 1 && rows.count == 5 && rows.last == OutboxPlace(dueAt: at(3_000), id: Self.id(5)))
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func theNumbersOfDeadLetters(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let ids = (0..<200).map { _ in NotificationID.fresh(at: at(1_000), using: &random) }
        let offsets = ids.map { id in
            let row = ClaimDue.Row(
                id: id, service: Self.service, userID: "ann", dueAt: at(1), revision: 0, acceptedAt: at(0),
                scheduledAt: at(0),
                traceparent: nil, payload: [], claimedAt: at(2), isCancelled: false)
            let texts = (0..<2).map { _ in
                row.deadLetter(shard: 0, reason: "why", on: "t").headers.last { $0.name == RecordHeader.originOffset }
            }
            #expect(texts[0] == texts[1])
            return texts[0].flatMap { Int64(String(decoding: $0.value, as: UTF8.self)) } ?? -1
        }
        #expect(offsets.allSatisfy { $0 >= 0 })
        #expect(Set(offsets).count == ids.count)
    }
}
