import Blocking
public import Logging
import Synchronization

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

/// Reads all partitions of a topic from their end, without a group: every tail sees every message that is written after
/// ``start(timeout:)`` has returned. It commits nothing.
public actor KafkaTail {
    private let executor = BlockingExecutor(name: "kafka-tail")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    private let client: ConsumerClient
    private let topic: String
    private let partitionRefresh: Duration
    private let logger: Logger
    private nonisolated let waker: QueueWaker
    private nonisolated let isClosing = Mutex(false)
    private nonisolated let gaps: Gaps

    /// Those that it reads: none before ``start(timeout:)``, and more where some were added.
    public private(set) var partitions: Set<KafkaTopicPartition> = []
    private var nextRefresh = ContinuousClock.now
    private var isClosed = false

    /// Makes the tail, without connecting.
    ///
    /// - Parameters:
    ///   - fetchWaitMax: As ``KafkaConsumerOptions/fetchWaitMax``.
    ///   - partitionRefresh: How often to look for partitions that were added. Default 30 s.
    /// - Throws: ``KafkaError`` with code `invalidConfiguration`.
    public init(
        configuration: KafkaConfiguration, topic: String, fetchWaitMax: Duration = .milliseconds(500),
        partitionRefresh: Duration = .seconds(30), logger: Logger
    ) throws(KafkaError) {
        let gaps = Gaps()
        let context = ClientContext(logger: logger) { _ in gaps.note() }
        var properties = ClientProperties()
        properties.set("reconnect.backoff.ms", "50")
        properties.set("reconnect.backoff.max.ms", "1000")
        properties.set("fetch.error.backoff.ms", "100")
        properties.set("fetch.queue.backoff.ms", "20", isOptional: true)
        properties.set(configuration)
        // librdkafka wants a name even where no group is joined and nothing is committed.
        properties.set("group.id", "\(configuration.clientID)-tail")
        properties.set("enable.auto.commit", "false")
        properties.set("enable.auto.offset.store", "false")
        properties.set("auto.offset.reset", "latest")
        properties.set("fetch.wait.max.ms", fetchWaitMax)
        let client = try ConsumerClient(properties: properties, context: context)
        self.client = client
        self.waker = client.waker
        self.gaps = gaps
        self.topic = topic
        self.partitionRefresh = partitionRefresh
        self.logger = logger
    }

    /// Finds the end of every partition: whatever is written after this has returned will be read. To be repeated after
    /// an error.
    ///
    /// - Throws: ``KafkaError``: `unknownTopic`, `brokersUnavailable`, `timedOut`; `CancellationError`.
    public func start(timeout: Duration = .seconds(10)) async throws {
        try self.checkOpen()
        let deadline = ContinuousClock.now + timeout
        var ends: [KafkaTopicPartition: Int64] = [:]
        for partition in try self.allPartitions(timeout: deadline - .now) {
            try Task.checkCancellation()
            ends[partition] = try self.client.watermarks(of: partition, timeout: deadline - .now).upperBound
        }
        try self.client.assign(ends)
        self.partitions = Set(ends.keys)
        self.nextRefresh = .now + self.partitionRefresh
    }

    /// Takes the messages that are there, waiting for the first one at most `timeout`.
    ///
    /// - Parameter max: At most so many messages; at least 1.
    /// - Throws: ``KafkaError`` if a new tail is needed (`isFatal`), or this is closed; `CancellationError` if
    ///   cancelled before any message came. Brokers being away are not an error.
    public func nextBatch(max limit: Int, timeout: Duration) async throws -> KafkaTailBatch {
        let deadline = ContinuousClock.now + timeout
        var messages: [KafkaMessage] = []
        var hasGap = self.gaps.take()
        let waker = self.waker
        try await withTaskCancellationHandler {
            while messages.count < limit {
                if messages.isEmpty {
                    try self.checkOpen()
                    try self.refreshPartitions()
                }
                let wait = messages.isEmpty ? min(.milliseconds(500), deadline - .now) : .zero
                self.assertIsolated()
                let polled = self.client.poll(timeout: wait)
                if self.gaps.take() {
                    // The gap may lie before or after what was taken in this round: both are safe to drop.
                    hasGap = true
                    messages = []
                }
                if case .message(let message) = polled {
                    messages.append(message)
                    continue
                }
                if case .failure(let error) = polled {
                    if error.isFatal { throw error }
                    self.logger.warning("while reading \(self.topic): \(error)")
                }
                if !messages.isEmpty || hasGap || ContinuousClock.now >= deadline { break }
            }
        } onCancel: {
            waker.wake()
        }
        return KafkaTailBatch(messages: messages, hasGap: hasGap)
    }

    /// Ends the tail; a call that waits returns first. Without effect the second time.
    public nonisolated func close() async {
        self.isClosing.withLock { $0 = true }
        self.waker.wake()
        await self.end()
    }

    private func end() {
        if self.isClosed { return }
        self.isClosed = true
        self.client.close()
    }

    private func checkOpen() throws {
        try Task.checkCancellation()
        if self.isClosed || self.isClosing.withLock({ $0 }) {
            throw KafkaError(code: .closed, reason: "the tail is closed")
        }
    }

    private func allPartitions(timeout: Duration) throws(KafkaError) -> [KafkaTopicPartition] {
        let found = try self.client.metadata(of: self.topic, timeout: timeout).first { $0.name == self.topic }
        if let error = found?.error { throw error }
        guard let found, !found.partitions.isEmpty else {
            throw KafkaError(code: .unknownTopic, reason: "there is no topic \(self.topic)", isRetriable: true)
        }
        return found.partitions.map { KafkaTopicPartition(topic: self.topic, partition: $0) }
    }

    /// Reads added partitions from their beginning, but tells of a gap, as the others' positions are kept only on the
    /// brokers' side.
    ///
    /// - Throws: ``KafkaError`` that is fatal, where the topic is another one.
    private func refreshPartitions() throws(KafkaError) {
        if self.partitions.isEmpty || ContinuousClock.now < self.nextRefresh { return }
        self.nextRefresh = .now + self.partitionRefresh
        do throws(KafkaError) {
            let added = try Self.added(try self.allPartitions(timeout: .seconds(1)), to: self.partitions)
            if added.isEmpty { return }
            let positions = self.client.positions(of: self.partitions)
            try self.client.assign(positions.merging(added.map { ($0, 0) }) { $1 })
            self.partitions.formUnion(added)
            self.gaps.note()
        } catch {
            if error.isFatal { throw error }
            self.logger.warning("could not look for new partitions of \(self.topic): \(error)")
        }
    }

    /// - Throws: ``KafkaError`` that is fatal, where some are gone: the topic was made anew, with fewer.
    static func added(
        _ found: [KafkaTopicPartition], to known: Set<KafkaTopicPartition>
    ) throws(KafkaError) -> Set<KafkaTopicPartition> {
        let found = Set(found)
        if let gone = known.subtracting(found).map(\.description).min() {
            throw KafkaError(code: .unknownPartition, reason: "\(gone) is gone", isFatal: true)
        }
        return found.subtracting(known)
    }
}

/// Tells the tail of gaps that librdkafka's own threads notice.
private final class Gaps: Sendable {
    private let state = Mutex(false)

    func note() { self.state.withLock { $0 = true } }

    func take() -> Bool {
        self.state.withLock { isNoted in
            defer { isNoted = false }
            return isNoted
        }
    }
}
