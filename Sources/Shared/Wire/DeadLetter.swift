public import FoundationEssentials
public import Kafka
public import Notifications

/// A record that could not be processed, with where it came from and why it ended here.
public struct DeadLetter: Sendable {
    public let topic: String
    public let partition: Int32
    public let offset: Int64
    /// When the broker took the original record.
    public let timestampMilliseconds: Int64
    public let reason: String
    public let attempts: Int32
    public let key: [UInt8]?
    public let value: [UInt8]?
    /// What its headers tell, even where its value cannot be read.
    public let notification: NotificationID?
    public let service: UUID?
    public let trace: TraceContext?

    private static let originHeaders: Set<String> = [
        RecordHeader.originTopic, RecordHeader.originPartition, RecordHeader.originOffset, RecordHeader.originTimestamp,
        RecordHeader.reason, RecordHeader.attempts,
    ]

    /// The record for `dead-letters`: the original's key, value and headers, and the origin in headers of its own.
    public static func record(
        of message: KafkaMessage, reason: String, attempts: Int32, on topic: String
    ) -> KafkaRecord {
        let origin = [
            (RecordHeader.originTopic, message.topic),
            (RecordHeader.originPartition, String(message.partition)),
            (RecordHeader.originOffset, String(message.offset)),
            (RecordHeader.originTimestamp, String(message.timestampMilliseconds)),
            (RecordHeader.reason, reason),
            (RecordHeader.attempts, String(attempts)),
        ]
        return KafkaRecord(
            topic: topic, key: message.key, value: message.value ?? [],
            headers: message.headers.filter { !Self.originHeaders.contains($0.name) }
                + origin.map { KafkaHeader(name: $0, value: Array($1.utf8)) })
    }

    /// Reads a record of `dead-letters`. One that somebody else put there, without an origin, is its own origin.
    public init(_ message: KafkaMessage) {
        self.topic = message.text(ofHeader: RecordHeader.originTopic) ?? message.topic
        self.partition = message.text(ofHeader: RecordHeader.originPartition).flatMap { Int32($0) } ?? message.partition
        self.offset = message.text(ofHeader: RecordHeader.originOffset).flatMap { Int64($0) } ?? message.offset
        self.timestampMilliseconds =
            message.text(ofHeader: RecordHeader.originTimestamp).flatMap { Int64($0) } ?? message.timestampMilliseconds
        self.reason = message.text(ofHeader: RecordHeader.reason) ?? "no reason given"
        self.attempts = message.text(ofHeader: RecordHeader.attempts).flatMap { Int32($0) } ?? 1
        self.key = message.key
        self.value = message.value
        self.notification = message.text(ofHeader: RecordHeader.notification).flatMap { NotificationID($0) }
        self.service = message.text(ofHeader: RecordHeader.service).flatMap { UUID(uuidString: $0) }
        self.trace = message.text(ofHeader: RecordHeader.traceparent).flatMap { TraceContext($0) }
    }
}
