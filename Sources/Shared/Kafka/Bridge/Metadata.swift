import CRdKafka

/// What brokers tell of their topics.
enum Metadata {
    struct Topic: Sendable, Hashable {
        let name: String
        let partitions: [Int32]
        let error: KafkaError?
    }

    /// - Parameter topic: Only this one; nil for all. Where brokers make topics on first use, asking for one makes it.
    static func topics(
        of handle: ClientHandle, only topic: String?, timeout: Duration
    ) throws(KafkaError) -> [Topic] {
        try unsafe handle.withRaw { (client) throws(KafkaError) in
            let local = unsafe topic.flatMap { unsafe rd_kafka_topic_new(client, $0, nil) }
            defer { if let local = unsafe local { unsafe rd_kafka_topic_destroy(local) } }
            var result: UnsafePointer<rd_kafka_metadata>?
            let isAll: Int32 = topic == nil ? 1 : 0
            let code = unsafe rd_kafka_metadata(client, isAll, local, &result, timeout.timeoutMilliseconds)
            if let error = KafkaError?(ifAny: code) { throw error }
            guard let metadata = unsafe result else { return [] }
            defer { unsafe rd_kafka_metadata_destroy(metadata) }
            return unsafe UnsafeBufferPointer(start: metadata.pointee.topics, count: Int(metadata.pointee.topic_cnt))
                .map { topic in
                    let partitions = unsafe UnsafeBufferPointer(
                        start: topic.partitions, count: Int(topic.partition_cnt))
                    return unsafe Topic(
                        name: String(cString: topic.topic), partitions: partitions.map(\.id),
                        error: KafkaError?(ifAny: topic.err))
                }
        }
    }
}
