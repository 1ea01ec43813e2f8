import CRdKafka

/// librdkafka's list of partitions, lent for the length of a call.
enum PartitionList {
    struct Entry {
        let partition: KafkaTopicPartition
        let offset: Int64
        let error: rd_kafka_resp_err_t
    }

    /// - Parameter partitions: Partitions with an offset each, `RD_KAFKA_OFFSET_INVALID` for none.
    static func with<R, E: Error>(
        _ partitions: [KafkaTopicPartition: Int64],
        _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) throws(E) -> R
    ) throws(E) -> R {
        guard let list = unsafe rd_kafka_topic_partition_list_new(Int32(partitions.count)) else {
            preconditionFailure("librdkafka ends the process itself when memory is short")
        }
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        for (partition, offset) in partitions {
            unsafe rd_kafka_topic_partition_list_add(list, partition.topic, partition.partition).pointee.offset = offset
        }
        return try unsafe body(list)
    }

    static func with<R, E: Error>(
        _ partitions: some Sequence<KafkaTopicPartition>,
        _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) throws(E) -> R
    ) throws(E) -> R {
        let unset = Int64(RD_KAFKA_OFFSET_INVALID)
        return try unsafe Self.with(Dictionary(partitions.map { ($0, unset) }, uniquingKeysWith: { $1 }), body)
    }

    static func entries(of list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> [Entry] {
        unsafe UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt)).map { element in
            unsafe Entry(
                partition: KafkaTopicPartition(topic: String(cString: element.topic), partition: element.partition),
                offset: element.offset, error: element.err)
        }
    }

    /// Whether the group hands partitions over one by one rather than all at once.
    static func isCooperative(_ client: OpaquePointer) -> Bool {
        guard let name = unsafe rd_kafka_rebalance_protocol(client) else { return false }
        return unsafe String(cString: name) == "COOPERATIVE"
    }
}
