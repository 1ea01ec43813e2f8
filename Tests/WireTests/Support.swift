import FoundationEssentials
import Kafka
import Notifications
import TestSupport

extension SeededGenerator {
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }

    mutating func text(upTo length: Int) -> String {
        let scalars = Array("aZ09 _-/\\\"<\n\u{7F}é漢😀\u{301}\u{202E}".unicodeScalars)
        return (0..<Int.random(in: 0...length, using: &self)).reduce(into: "") { text, _ in
            text.unicodeScalars.append(scalars[Int.random(in: scalars.indices, using: &self)])
        }
    }

    /// From 1970 to 9999.
    mutating func instant() -> Instant {
        Instant(microseconds: .random(in: 1...253_402_300_799_999_999, using: &self))
    }

    mutating func maybe<Value>(_ make: (inout SeededGenerator) -> Value) -> Value? {
        Bool.random(using: &self) ? make(&self) : nil
    }

    /// Any notification that the domain can hold, without unknown fields.
    mutating func notification() -> Notification {
        Notification(
            id: NotificationID(uuid: UUID(bytes: self.bytes(16))), service: UUID(bytes: self.bytes(16)),
            userID: "u" + self.text(upTo: 30),
            content: Notification.Content(
                eventType: self.text(upTo: 20), message: self.text(upTo: 200),
                title: self.maybe { $0.text(upTo: 20) }, actionURL: self.maybe { $0.text(upTo: 20) },
                priority: Priority.allCases[Int.random(in: 0..<4, using: &self)],
                data: self.maybe { $0.text(upTo: 50) }),
            acceptedAt: self.instant(), dueAt: self.instant(), isScheduled: .random(using: &self),
            expiresAt: self.maybe { $0.instant() }, revision: .random(in: 0 ... .max, using: &self),
            claimedAt: self.maybe { $0.instant() }, request: self.maybe { UUID(bytes: $0.bytes(16)) },
            trace: self.maybe { TraceContext(using: &$0) })
    }
}

/// A record as a consumer would see it.
func message(
    _ record: KafkaRecord, partition: Int32 = 3, offset: Int64 = 17, timestamp: Int64 = 1_795_165_200_123
) -> KafkaMessage {
    KafkaMessage(
        topic: record.topic, partition: partition, offset: offset, timestampMilliseconds: timestamp, key: record.key,
        value: record.value, headers: record.headers)
}

func text(_ header: String, of record: KafkaRecord) -> String? {
    record.headers.last { $0.name == header }.map { String(decoding: $0.value, as: UTF8.self) }
}
