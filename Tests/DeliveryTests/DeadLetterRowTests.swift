import FoundationEssentials
import Kafka
import Notifications
import Operations
import Store
import TestSupport
import Testing
import Wire

@testable import Delivery

@Suite struct DeadLetterRowTests {
    private func row(
        timestamp: Int64 = 1_795_165_200_123, key: [UInt8]? = Array("ann".utf8), value: [UInt8]? = [0xFF],
        headers: [(String, String)] = []
    ) -> RecordDeadLetters.Row {
        RecordDeadLetters.Row(
            DeadLetter(
                KafkaMessage(
                    topic: "notifi.dead-letters", partition: 3, offset: 17, timestampMilliseconds: timestamp, key: key,
                    value: value, headers: headers.map { KafkaHeader(name: $0.0, value: $0.1) })))
    }

    /// Where the value can be read, it tells what the headers do not.
    @Test func aReadableValue() throws {
        let row = self.row(value: try sample(5).encoded())
        #expect(row.id == sample(5).id)
        #expect(row.service == someService)
        #expect(row.userID == "ann")
        #expect(row.acceptedAt == sample().acceptedAt)
        #expect(row.recordedAt == Instant(microseconds: 1_795_165_200_123_000))
        #expect(row.attempts == 1)
        #expect(row.reason == "no reason given")
    }

    @Test func anUnreadableValue() {
        var random = SeededGenerator(seed: 1)
        let accepted = Instant(microseconds: 1_795_165_200_000_000)
        let id = NotificationID.fresh(at: accepted, using: &random)
        let row = self.row(headers: [
            ("notifi-id", id.description), ("notifi-service", someService.uuidString), ("notifi-reason", "why"),
        ])
        #expect(row.id == id)
        #expect(row.service == someService)
        #expect(row.userID == "ann", "the key of a record is the recipient")
        #expect(row.acceptedAt == accepted, "a fresh id tells when it was accepted")
        #expect(row.reason == "why")
        #expect(row.value == [0xFF])
    }

    @Test func nothingIsKnown() {
        let row = self.row(key: nil, value: nil)
        #expect(row.id == nil)
        #expect(row.service == nil)
        #expect(row.userID == nil)
        #expect(row.acceptedAt == nil)
        #expect(row.key == nil)
        #expect(row.value == nil)
    }

    /// Postgres has no NUL in its texts.
    @Test func withoutNUL() {
        let row = self.row(key: [0x61, 0, 0x62], headers: [("notifi-reason", "x\0y")])
        #expect(row.userID == "a\u{FFFD}b")
        #expect(row.reason == "x\u{FFFD}y")
        #expect(row.key == [0x61, 0, 0x62])
    }

    /// The time is a text in a header, and may say anything.
    @Test(
        arguments: [
            (Int64.min, 0), (-1, 0), (0, 0), (1, 1_000), (253_402_300_799_999, 253_402_300_799_999_000),
            (253_402_300_800_000, 253_402_300_799_999_000), (Int64.max, 253_402_300_799_999_000),
        ] as [(Int64, Int64)])
    func impossibleTimes(milliseconds: Int64, microseconds: Int64) {
        #expect(self.row(timestamp: milliseconds).recordedAt.microseconds == microseconds)
        #expect(
            self.row(headers: [("notifi-origin-timestamp", "\(milliseconds)")]).recordedAt.microseconds == microseconds)
    }
}
