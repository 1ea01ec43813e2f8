/// Which partitions a consumer holds since when, and how far each is completed and committed. Pure: decides, acts on
/// nothing.
struct AssignmentLedger: Sendable {
    private struct Holding {
        /// Told apart from any earlier time at which the same partition was held.
        let epoch: UInt64
        /// The offset after the last completed message, nil as long as nothing was completed.
        var completed: Int64?
        var committed: Int64?
    }

    private var holdings: [KafkaTopicPartition: Holding] = [:]
    private var lastEpoch: UInt64 = 0

    var partitions: Set<KafkaTopicPartition> { Set(self.holdings.keys) }

    /// A partition that is held already goes on as it was.
    mutating func assign(_ partitions: Set<KafkaTopicPartition>) {
        for partition in partitions where self.holdings[partition] == nil {
            self.lastEpoch += 1
            self.holdings[partition] = Holding(epoch: self.lastEpoch)
        }
    }

    mutating func release(_ partitions: Set<KafkaTopicPartition>) {
        for partition in partitions { self.holdings[partition] = nil }
    }

    /// nil if the partition is not held.
    func epoch(of partition: KafkaTopicPartition) -> UInt64? {
        self.holdings[partition]?.epoch
    }

    /// Those that are still held as they were when the batch was taken.
    func stillHeld(of batch: KafkaBatch) -> Set<KafkaTopicPartition> {
        Set(batch.ends.lazy.filter { self.epoch(of: $0.key) == $0.value.epoch }.map(\.key))
    }

    /// Notes the batch as completed. Returns the partitions that no longer count, as they were given away meanwhile.
    mutating func complete(_ batch: KafkaBatch) -> Set<KafkaTopicPartition> {
        let held = self.stillHeld(of: batch)
        for partition in held {
            guard let end = batch.ends[partition]?.nextOffset, let before = self.holdings[partition] else { continue }
            self.holdings[partition]?.completed = max(end, before.completed ?? end)
        }
        return Set(batch.ends.keys).subtracting(held)
    }

    /// What is completed and not yet committed.
    var uncommitted: [KafkaTopicPartition: Int64] {
        self.holdings.compactMapValues { $0.completed == $0.committed ? nil : $0.completed }
    }

    mutating func noteCommitted(_ offsets: [KafkaTopicPartition: Int64]) {
        for (partition, offset) in offsets { self.holdings[partition]?.committed = offset }
    }
}
