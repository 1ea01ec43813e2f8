import CRdKafka
import Logging

/// One consumer of librdkafka. Used by one thread: that of the actor which owns it.
@safe
final class ConsumerClient {
    enum Polled {
        case message(KafkaMessage)
        case failure(KafkaError)
        case nothing
    }

    enum CommitOutcome: Sendable {
        case committed([KafkaTopicPartition: Int64])
        /// No answer yet; the next call asks for it first.
        case pending
        case failed(KafkaError)
    }

    /// Lets other threads end a `poll`.
    let waker: QueueWaker

    private let handle: ClientHandle
    private let context: ClientContext
    private let commitReplies: OpaquePointer
    private(set) var isCommitUnderWay = false
    private var isSubscribed = false
    private var isClosed = false
    private var lastTopic = ""

    init(properties: ClientProperties, context: ClientContext) throws(KafkaError) {
        let handle = try ClientHandle(RD_KAFKA_CONSUMER, properties, context: context)
        // What rd_kafka_poll would serve (errors, logs) comes with the messages instead.
        _ = unsafe handle.withRaw { unsafe rd_kafka_poll_set_consumer($0) }
        guard let queue = unsafe handle.withRaw({ unsafe rd_kafka_queue_get_consumer($0) }),
            let replies = unsafe handle.withRaw({ unsafe rd_kafka_queue_new($0) })
        else {
            throw KafkaError(code: .other, reason: "the consumer has no queue")
        }
        self.handle = handle
        self.context = context
        unsafe self.waker = QueueWaker(queue: queue)
        unsafe self.commitReplies = replies
    }

    deinit {
        if self.isClosed { return }
        self.waker.close()
        unsafe rd_kafka_queue_destroy(self.commitReplies)
        if self.isFatalToDestroy { self.handle.abandon() }
    }

    func subscribe(to topics: [String]) throws(KafkaError) {
        let partitions = topics.map { KafkaTopicPartition(topic: $0, partition: RD_KAFKA_PARTITION_UA) }
        let code = unsafe PartitionList.with(partitions) { list in
            unsafe self.handle.withRaw { unsafe rd_kafka_subscribe($0, list) }
        }
        if let error = KafkaError?(ifAny: code) { throw error }
        self.isSubscribed = true
    }

    /// Waits for a message, a rebalance or a wake-up, at most so long.
    func poll(timeout: Duration) -> Polled {
        let message = unsafe self.handle.withRaw { unsafe rd_kafka_consumer_poll($0, timeout.timeoutMilliseconds) }
        guard let message = unsafe message else { return .nothing }
        defer { unsafe rd_kafka_message_destroy(message) }
        let code = unsafe message.pointee.err
        if code == RD_KAFKA_RESP_ERR_NO_ERROR {
            self.lastTopic = unsafe KafkaMessage.topicName(of: message, like: self.lastTopic)
            return unsafe .message(KafkaMessage(copying: message, topic: self.lastTopic))
        }
        let reason = unsafe rd_kafka_message_errstr(message).map { unsafe String(cString: $0) }
        return .failure(self.handle.fatalError ?? KafkaError(code, reason: reason))
    }

    // MARK: Assignment

    var isAssignmentLost: Bool {
        unsafe self.handle.withRaw { unsafe rd_kafka_assignment_lost($0) != 0 }
    }

    private var isCooperative: Bool {
        unsafe self.handle.withRaw { unsafe PartitionList.isCooperative($0) }
    }

    func assign(_ partitions: Set<KafkaTopicPartition>) -> KafkaError? {
        let isCooperative = self.isCooperative
        return unsafe PartitionList.with(partitions) { list in
            unsafe self.handle.withRaw { client in
                isCooperative
                    ? unsafe rd_kafka_incremental_assign(client, list).map { unsafe KafkaError(consuming: $0) }
                    : unsafe KafkaError?(ifAny: rd_kafka_assign(client, list))
            }
        }
    }

    func unassign(_ partitions: Set<KafkaTopicPartition>) -> KafkaError? {
        let isCooperative = self.isCooperative
        return unsafe PartitionList.with(partitions) { list in
            unsafe self.handle.withRaw { client in
                isCooperative
                    ? unsafe rd_kafka_incremental_unassign(client, list).map { unsafe KafkaError(consuming: $0) }
                    : unsafe KafkaError?(ifAny: rd_kafka_assign(client, nil))
            }
        }
    }

    /// Without a group: exactly these, from these offsets on.
    func assign(_ offsets: [KafkaTopicPartition: Int64]) throws(KafkaError) {
        let code = unsafe PartitionList.with(offsets) { list in
            unsafe self.handle.withRaw { unsafe rd_kafka_assign($0, list) }
        }
        if let error = KafkaError?(ifAny: code) { throw error }
    }

    /// Those that are no longer assigned are passed over.
    func setPaused(_ isPaused: Bool, _ partitions: Set<KafkaTopicPartition>) {
        if partitions.isEmpty { return }
        _ = unsafe PartitionList.with(partitions) { list in
            unsafe self.handle.withRaw { client in
                unsafe isPaused ? rd_kafka_pause_partitions(client, list) : rd_kafka_resume_partitions(client, list)
            }
        }
    }

    // MARK: Offsets

    /// Commits and waits for the answer at most so long.
    ///
    /// One commit is under way at a time, so that a late one never undoes a later one: where an earlier one was not
    /// answered yet, its answer is waited for, and `offsets` is not looked at.
    func commit(_ offsets: [KafkaTopicPartition: Int64], timeout: Duration) -> CommitOutcome {
        if !self.isCommitUnderWay {
            let code = unsafe PartitionList.with(offsets) { list in
                unsafe self.handle.withRaw { unsafe rd_kafka_commit_queue($0, list, self.commitReplies, nil, nil) }
            }
            if let error = KafkaError?(ifAny: code) { return .failed(error) }
            self.isCommitUnderWay = true
        }
        guard let event = unsafe rd_kafka_queue_poll(self.commitReplies, timeout.timeoutMilliseconds) else {
            return .pending
        }
        defer { unsafe rd_kafka_event_destroy(event) }
        self.isCommitUnderWay = false
        let entries =
            unsafe rd_kafka_event_topic_partition_list(event).map { unsafe PartitionList.entries(of: $0) } ?? []
        let failure = entries.map(\.error).first { $0 != RD_KAFKA_RESP_ERR_NO_ERROR }
        let code = unsafe rd_kafka_event_error(event)
        if let error = KafkaError?(ifAny: code) ?? failure.map({ KafkaError($0) }) { return .failed(error) }
        return .committed(Dictionary(entries.map { ($0.partition, $0.offset) }, uniquingKeysWith: { $1 }))
    }

    /// The offset after the last message that was handed out; the end of the partition where there was none.
    func positions(of partitions: Set<KafkaTopicPartition>) -> [KafkaTopicPartition: Int64] {
        unsafe PartitionList.with(partitions) { list in
            _ = unsafe self.handle.withRaw { unsafe rd_kafka_position($0, list) }
            let entries = unsafe PartitionList.entries(of: list)
            return Dictionary(
                entries.map { ($0.partition, $0.offset < 0 ? Int64(RD_KAFKA_OFFSET_END) : $0.offset) }
            ) { $1 }
        }
    }

    /// First and next offset of a partition, asked of its leader.
    func watermarks(of partition: KafkaTopicPartition, timeout: Duration) throws(KafkaError) -> Range<Int64> {
        var low: Int64 = 0
        var high: Int64 = 0
        let code = unsafe self.handle.withRaw { client in
            unsafe rd_kafka_query_watermark_offsets(
                client, partition.topic, partition.partition, &low, &high, timeout.timeoutMilliseconds)
        }
        if let error = KafkaError?(ifAny: code) { throw error }
        return low..<max(low, high)
    }

    /// Committed offsets of the group; partitions without one are left out.
    func committed(
        of partitions: [KafkaTopicPartition], timeout: Duration
    ) throws(KafkaError) -> [KafkaTopicPartition: Int64] {
        let (code, entries) = unsafe PartitionList.with(partitions) { list in
            let code = unsafe self.handle.withRaw { unsafe rd_kafka_committed($0, list, timeout.timeoutMilliseconds) }
            return unsafe (code, PartitionList.entries(of: list))
        }
        let failure = entries.map(\.error).first { $0 != RD_KAFKA_RESP_ERR_NO_ERROR }
        if let error = KafkaError?(ifAny: code) ?? failure.map({ KafkaError($0) }) { throw error }
        return Dictionary(entries.lazy.filter { $0.offset >= 0 }.map { ($0.partition, $0.offset) }) { $1 }
    }

    /// The topics that brokers know, with the number of their partitions.
    ///
    /// - Parameter topic: Only this one; nil for all. Where brokers make topics on first use, asking for one makes it.
    func metadata(of topic: String? = nil, timeout: Duration) throws(KafkaError) -> [Metadata.Topic] {
        try Metadata.topics(of: self.handle, only: topic, timeout: timeout)
    }

    // MARK: End

    /// Leaves the group and ends the client. Rebalances are answered by giving everything back.
    func close() {
        if self.isClosed { return }
        self.isClosed = true
        self.context.rebalances.beginClosing()
        let code = unsafe self.handle.withRaw { unsafe rd_kafka_consumer_close($0) }
        if let error = KafkaError?(ifAny: code) { self.context.logger.warning("closing a consumer: \(error)") }
        self.waker.close()
        unsafe rd_kafka_queue_destroy(self.commitReplies)
        if self.isFatalToDestroy { self.handle.abandon() } else { self.handle.destroy() }
    }

    /// Before 2.3.0, librdkafka aborts the process when it destroys a member that has joined its group and was not
    /// assigned anything yet: the state of its cooperative-sticky assignor is not there, and is asserted to be (its issue
    /// 4312). Whether it has joined is not told.
    private var isFatalToDestroy: Bool {
        self.isSubscribed && !self.context.rebalances.wasAssigned && rd_kafka_version() < 0x0203_0000
    }
}
