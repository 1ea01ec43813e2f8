import CRdKafka

extension KafkaError {
    /// - Parameter reason: What librdkafka said about it; nil takes its own text for the code.
    init(_ raw: rd_kafka_resp_err_t, reason: String? = nil, isFatal: Bool = false) {
        let text = unsafe rd_kafka_err2str(raw).map { unsafe String(cString: $0) }
        let code = Code(raw)
        self.init(
            code: code, rawCode: raw.rawValue, reason: reason ?? text ?? "unknown",
            isFatal: isFatal || raw == RD_KAFKA_RESP_ERR__FATAL || raw == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
            isRetriable: code.isRetriable || Self.otherRetriable.contains(raw.rawValue))
    }

    /// Takes over the error object and frees it.
    init(consuming error: OpaquePointer) {
        let reason = unsafe rd_kafka_error_string(error).map { unsafe String(cString: $0) }
        let plain = unsafe KafkaError(rd_kafka_error_code(error), reason: reason)
        self.init(
            code: plain.code, rawCode: plain.rawCode, reason: plain.reason,
            isFatal: unsafe plain.isFatal || rd_kafka_error_is_fatal(error) != 0,
            isRetriable: unsafe plain.isRetriable || rd_kafka_error_is_retriable(error) != 0)
        unsafe rd_kafka_error_destroy(error)
    }

    /// Codes that fall under `other` and pass by themselves.
    private static let otherRetriable: Set<Int32> = Set(
        [
            RD_KAFKA_RESP_ERR__IN_PROGRESS, RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS, RD_KAFKA_RESP_ERR__STATE,
            RD_KAFKA_RESP_ERR__PARTIAL, RD_KAFKA_RESP_ERR__RETRY, RD_KAFKA_RESP_ERR_INVALID_MSG,
            RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
            RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, RD_KAFKA_RESP_ERR_UNKNOWN,
        ].map(\.rawValue))
}

extension KafkaError.Code {
    init(_ raw: rd_kafka_resp_err_t) {
        self =
            switch raw {
            case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
                RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
                .timedOut
            case RD_KAFKA_RESP_ERR__QUEUE_FULL:
                .queueFull
            case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
                .unknownTopic
            case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
                .unknownPartition
            case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
                .topicExists
            case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
                .recordTooLarge
            case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL,
                RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
                .authentication
            case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
                RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
                .authorization
            case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
                RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
                RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
                RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
                .brokersUnavailable
            case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                RD_KAFKA_RESP_ERR__ISR_INSUFF:
                .notEnoughReplicas
            case RD_KAFKA_RESP_ERR__INVALID_ARG, RD_KAFKA_RESP_ERR_INVALID_CONFIG,
                RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
                .invalidConfiguration
            case RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
                .fenced
            case RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
                .clientReplaced
            case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
                RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
                .rebalanced
            case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
                .offsetOutOfRange
            case RD_KAFKA_RESP_ERR__DESTROY:
                .closed
            case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
                .unsupported
            default:
                .other
            }
    }

    /// An unknown topic counts, since the operator may make it, and brokers forget topics for a moment as they start.
    var isRetriable: Bool {
        switch self {
        case .timedOut, .queueFull, .unknownTopic, .brokersUnavailable, .notEnoughReplicas, .clientReplaced,
            .rebalanced,
            .fenced:
            true
        case .unknownPartition, .topicExists, .recordTooLarge, .authentication, .authorization, .invalidConfiguration,
            .offsetOutOfRange, .cancelled, .closed, .unsupported, .other:
            false
        }
    }
}
