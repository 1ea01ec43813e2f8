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

    /// What is kept of a record, in bytes, so that it is sent with its origin however large it was: brokers take about a
    /// million of each. What the API accepts is far below.
    private enum Most {
        static let key = 64 * 1_024
        static let value = 512 * 1_024
        static let headers = 64 * 1_024
    }

    /// The record for `dead-letters`: the original's key, value and headers, and the origin in headers of its own. Of one
    /// that is too large for that, the beginning; its reason says so.
    public static func record(
        of message: KafkaMessage, reason: String, attempts: Int32, on topic: String
    ) -> KafkaRecord {
        let headers = Self.kept(message.headers)
        let isCut =
            headers.count < message.headers.count { !Self.originHeaders.contains($0.name) }
            || (message.key?.count ?? 0) > Most.key || (message.value?.count ?? 0) > Most.value
        let origin = [
            (RecordHeader.originTopic, message.topic),
            (RecordHeader.originPartition, String(message.partition)),
            (RecordHeader.originOffset, String(message.offset)),
            (RecordHeader.originTimestamp, String(message.timestampMilliseconds)),
            (RecordHeader.reason, isCut ? "\(reason); too large to be kept whole" : reason),
            (RecordHeader.attempts, String(attempts)),
        ]
        return KafkaRecord(
            topic: topic, key: message.key.map { Array($0.prefix(Most.key)) },
            value: Array((message.value ?? []).prefix(Most.value)),
            headers: headers + origin.map { KafkaHeader(name: $0, value: Array($1.utf8)) })
    }

    /// The record's own headers, as many as fit.
    private static func kept(_ headers: [KafkaHeader]) -> [KafkaHeader] {
        var room = Most.headers
        return headers.filter { header in
            guard !Self.originHeaders.contains(header.name) else { return false }
            // A few bytes of each tell the lengths.
            let size = header.name.utf8.count + header.value.count + 16
            guard size <= room else { return false }
            room -= size
            return true
        }
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
