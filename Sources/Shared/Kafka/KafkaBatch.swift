/// Messages taken together from a ``KafkaConsumer``, in the order of each partition.
///
/// It remembers under which assignment each partition was held, so that completing it later never touches a partition
/// that meanwhile belongs to somebody else.
public struct KafkaBatch: Sendable {
    public let messages: [KafkaMessage]

    /// For each partition the offset after its last message here, and the assignment under which it was taken.
    let ends: [KafkaTopicPartition: End]

    struct End: Sendable, Hashable {
        var nextOffset: Int64
        var epoch: UInt64
    }

    public var isEmpty: Bool { self.messages.isEmpty }
}
