import Blocking
public import Logging

public actor KafkaConsumer {
    public init(configuration: KafkaConfiguration, options: KafkaConsumerOptions, logger: Logger) throws(KafkaError) {
        throw KafkaError(code: .unsupported, reason: "being written")
    }
    public var assignment: Set<KafkaTopicPartition> { [] }
    public func waitForAssignment(timeout: Duration) async throws -> Set<KafkaTopicPartition> { [] }
    public func nextBatch(max: Int, timeout: Duration) async throws -> KafkaBatch { KafkaBatch(messages: [], ends: [:]) }
    public func keepingMembership<R: Sendable>(
        _ batch: KafkaBatch, _ work: @escaping @Sendable () async throws -> R
    ) async throws -> R { try await work() }
    public func complete(_ batch: KafkaBatch) async throws {}
    public nonisolated func close() async {}
}
