import CRdKafka
import Logging

/// A client for one administrative call. Used by the thread that made it.
final class AdminClient {
    private let handle: ClientHandle

    init(configuration: KafkaConfiguration, logger: Logger) throws(KafkaError) {
        var properties = ClientProperties()
        properties.set(configuration)
        self.handle = try ClientHandle(RD_KAFKA_PRODUCER, properties, context: ClientContext(logger: logger))
    }

    func close() {
        self.handle.destroy()
    }

    func topics(timeout: Duration) throws(KafkaError) -> [Metadata.Topic] {
        try Metadata.topics(of: self.handle, only: nil, timeout: timeout)
    }

    func createTopics(
        _ topics: [KafkaTopicSpecification], timeout: Duration
    ) throws(KafkaError) -> [String: KafkaTopicOutcome] {
        var orders = unsafe [OpaquePointer?]()
        defer {
            for index in 0..<topics.count where unsafe index < orders.count {
                unsafe rd_kafka_NewTopic_destroy(orders[index])
            }
        }
        for topic in topics { unsafe orders.append(try Self.order(topic)) }
        return try unsafe self.handle.withRaw { (client) throws(KafkaError) in
            let options = unsafe rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS)
            defer { unsafe rd_kafka_AdminOptions_destroy(options) }
            let (code, reason) = unsafe withReason {
                unsafe rd_kafka_AdminOptions_set_request_timeout(options, timeout.timeoutMilliseconds, $0, $1)
            }
            if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code, reason: reason) }
            let replies = unsafe rd_kafka_queue_new(client)
            defer { unsafe rd_kafka_queue_destroy(replies) }
            unsafe rd_kafka_CreateTopics(client, &orders, orders.count, options, replies)
            // The request ends by its own timeout; the second on top is for its report.
            guard let event = unsafe rd_kafka_queue_poll(replies, (timeout + .seconds(1)).timeoutMilliseconds) else {
                throw KafkaError(code: .timedOut, reason: "no answer about the new topics", isRetriable: true)
            }
            defer { unsafe rd_kafka_event_destroy(event) }
            return try unsafe Self.outcomes(of: event)
        }
    }

    private static func order(_ topic: KafkaTopicSpecification) throws(KafkaError) -> OpaquePointer {
        let (order, reason) = unsafe withReason {
            unsafe rd_kafka_NewTopic_new(topic.name, topic.partitions, topic.replication, $0, $1)
        }
        guard let order = unsafe order else {
            throw KafkaError(code: .invalidConfiguration, reason: "topic \(topic.name): \(reason)")
        }
        for (name, value) in topic.settings {
            let code = unsafe rd_kafka_NewTopic_set_config(order, name, value)
            if let error = KafkaError?(ifAny: code) {
                unsafe rd_kafka_NewTopic_destroy(order)
                throw error
            }
        }
        return unsafe order
    }

    private static func outcomes(of event: OpaquePointer) throws(KafkaError) -> [String: KafkaTopicOutcome] {
        let code = unsafe rd_kafka_event_error(event)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            let reason = unsafe rd_kafka_event_error_string(event).map { unsafe String(cString: $0) }
            throw KafkaError(code, reason: reason)
        }
        var count = 0
        guard let result = unsafe rd_kafka_event_CreateTopics_result(event),
            let topics = unsafe rd_kafka_CreateTopics_result_topics(result, &count)
        else { throw KafkaError(code: .other, reason: "the brokers' answer names no topics") }
        var outcomes: [String: KafkaTopicOutcome] = [:]
        for index in 0..<count {
            let topic = unsafe topics[index]
            let code = unsafe rd_kafka_topic_result_error(topic)
            let reason = unsafe rd_kafka_topic_result_error_string(topic).map { unsafe String(cString: $0) }
            let name = unsafe String(cString: rd_kafka_topic_result_name(topic))
            outcomes[name] =
                switch code {
                case RD_KAFKA_RESP_ERR_NO_ERROR: .created
                case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: .alreadyExists
                default: .failed(KafkaError(code, reason: reason))
                }
        }
        return outcomes
    }
}
