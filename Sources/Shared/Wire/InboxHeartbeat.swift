public import FoundationEssentials
public import Kafka

/// A record on `inbox-changes` that tells of no change: an API replica writes one to every partition each second, and
/// knows by its coming back how far behind its tail is. It means nothing to other replicas.
///
/// It is a header, `<replica>/<number>`, on a record without key and with an empty value.
public struct InboxHeartbeat: Sendable, Hashable {
    /// Of this run of a replica: after a restart it is another one.
    public let replica: UUID
    /// Grows with each one of a replica; the same for all partitions.
    public let number: UInt64

    public init(replica: UUID, number: UInt64) {
        self.replica = replica
        self.number = number
    }

    /// - Returns: `nil` for what is no heartbeat, or a malformed one.
    public init?(_ message: KafkaMessage) {
        guard let header = message.header(RecordHeader.heartbeat) else { return nil }
        let parts = String(decoding: header, as: UTF8.self).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let replica = UUID(uuidString: String(parts[0])), let number = UInt64(parts[1]) else {
            return nil
        }
        self.init(replica: replica, number: number)
    }

    public func record(on partition: KafkaTopicPartition) -> KafkaRecord {
        let text = "\(self.replica.uuidString.lowercased())/\(self.number)"
        return KafkaRecord(
            topic: partition.topic, key: nil, value: [],
            headers: [KafkaHeader(name: RecordHeader.heartbeat, value: text)], partition: partition.partition)
    }
}
