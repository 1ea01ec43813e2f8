import Blocking
public import Logging

/// What a ``KafkaTail`` read.
public struct KafkaTailBatch: Sendable {
    public let messages: [KafkaMessage]
    /// Messages before these may have been missed (an offset was out of range, or partitions were added): whatever was
    /// derived from earlier ones has to be dropped before these are applied.
    public let hasGap: Bool

    public init(messages: [KafkaMessage], hasGap: Bool) {
        self.messages = messages
        self.hasGap = hasGap
    }
}

public actor KafkaTail {
    public init(
        configuration: KafkaConfiguration, topic: String, fetchWaitMax: Duration = .milliseconds(500),
        partitionRefresh: Duration = .seconds(30), logger: Logger
    ) throws(KafkaError) {
        throw KafkaError(code: .unsupported, reason: "being written")
    }
    public func start(timeout: Duration = .seconds(10)) async throws {}
    public func nextBatch(max: Int, timeout: Duration) async throws -> KafkaTailBatch { .init(messages: [], hasGap: false) }
    public nonisolated func close() async {}
}
