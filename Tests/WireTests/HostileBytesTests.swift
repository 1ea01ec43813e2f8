import FoundationEssentials
import Kafka
import Notifications
import TestSupport
import Testing

@testable import Wire

/// A message that kills its reader would be redelivered for ever: each of these has to be survived.
@Suite struct HostileBytesTests {
    @Test(arguments: HostileBytes.unreadable.map(\.name))
    func isRefused(name: String) throws {
        let bytes = try #require(HostileBytes.unreadable.first { $0.name == name }).bytes
        #expect(throws: WireError.self) { try Notification(encoded: bytes, trace: nil) }
        // It may be a change of somebody's inbox, with an odd name.
        _ = try? InboxChange(encoded: bytes)
    }

    @Test func aRecordWithoutAValueIsRefused() {
        let message = KafkaMessage(
            topic: "t", partition: 0, offset: 0, timestampMilliseconds: -1, key: nil, value: nil, headers: [])
        #expect(throws: WireError.invalid(field: "id")) { try Notification(message) }
    }

    /// A newer schema may have groups; they are carried along or refused, by their depth.
    @Test(arguments: [1, 10, 90, 99, 100, 101, 1_000, 100_000])
    func groupsBehindGoodBytes(depth: Int) throws {
        var random = SeededGenerator(seed: 1)
        let notification = random.notification()
        let bytes = try notification.encoded() + HostileBytes.groups(depth: depth)
        guard let read = try? Notification(encoded: bytes, trace: nil) else {
            #expect(depth > 90, "what is not deep is read")
            return
        }
        #expect(read.unknownFields == HostileBytes.groups(depth: depth))
        #expect(try Notification(encoded: read.encoded(), trace: nil) == read)
    }

    /// Good bytes with pieces of hostile ones within: refused, or read, written and read again alike.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func spliced(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<25 {
            var bytes = try random.notification().encoded()
            let hostile = HostileBytes.unreadable[Int.random(in: HostileBytes.unreadable.indices, using: &random)].bytes
            let piece = hostile.prefix(Int.random(in: 0...min(400, hostile.count), using: &random))
            let place = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 0...20, using: &random))
            bytes.replaceSubrange(place..<end, with: piece)
            guard let read = try? Notification(encoded: bytes, trace: nil) else { continue }
            #expect(try Notification(encoded: read.encoded(), trace: nil) == read)
        }
    }

    /// Headers are bytes as well: of a record that nobody meant well with its dead letter is made, and read.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func headers(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let names = [
            RecordHeader.traceparent, RecordHeader.notification, RecordHeader.service, RecordHeader.originTopic,
            RecordHeader.originPartition, RecordHeader.originOffset, RecordHeader.originTimestamp,
            RecordHeader.attempts, RecordHeader.heartbeat, "", "other",
        ]
        let numbers = [
            "-1", "0", "9223372036854775807", "-9223372036854775808", "99999999999999999999", "٣", "1\0", "",
        ]
        for _ in 0..<50 {
            let headers = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                let value =
                    Bool.random(using: &random)
                    ? Array(numbers[Int.random(in: numbers.indices, using: &random)].utf8)
                    : random.bytes(.random(in: 0...60, using: &random))
                return KafkaHeader(name: names[Int.random(in: names.indices, using: &random)], value: value)
            }
            let message = KafkaMessage(
                topic: "t", partition: 3, offset: .random(in: -1 ... .max, using: &random),
                timestampMilliseconds: .random(in: -1 ... .max, using: &random), key: nil, value: random.bytes(5),
                headers: headers)
            _ = try? Notification(message)
            _ = InboxHeartbeat(message)
            let record = DeadLetter.record(of: message, reason: "r", attempts: 1, on: "d")
            let letter = DeadLetter(
                KafkaMessage(
                    topic: "d", partition: 0, offset: 0, timestampMilliseconds: 0, key: record.key,
                    value: record.value, headers: record.headers))
            #expect(letter.topic == "t" && letter.partition == 3 && letter.offset == message.offset)
            // And as though it had been a dead letter from the beginning.
            #expect(!DeadLetter(message).reason.isEmpty)
        }
    }
}
