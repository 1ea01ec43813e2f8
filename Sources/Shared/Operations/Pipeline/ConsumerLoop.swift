public import Kafka
public import Logging
import Metrics
public import ServiceLifecycle

/// A member of a consumer group that hands batch after batch to its work until it is stopped.
///
/// The order is what keeps P1: the work makes a batch durable, only then are its offsets stored and committed. A crash
/// in between redelivers. After a fatal error the client is made anew. While work waits for something, the member keeps
/// its place in the group.
public struct ConsumerLoop: Service {
    private let configuration: KafkaConfiguration
    private let options: KafkaConsumerOptions
    private let batchSize: Int
    private let failPoints: ConsumerFailPoints
    private let logger: Logger
    private let work: @Sendable (KafkaBatch) async throws -> Void
    private let held: Gauge

    /// How long it listens for more before it looks whether it is to stop.
    private static let patience: Duration = .milliseconds(200)

    /// - Parameters:
    ///   - batchSize: at most so many messages at once.
    ///   - work: returns when all of a batch is durable. What it throws ends this attempt: the batch comes again.
    public init(
        configuration: KafkaConfiguration, options: KafkaConsumerOptions, batchSize: Int,
        failPoints: ConsumerFailPoints, logger: Logger,
        work: @escaping @Sendable (KafkaBatch) async throws -> Void
    ) {
        self.configuration = configuration
        self.options = options
        self.batchSize = batchSize
        self.failPoints = failPoints
        self.logger = logger
        self.work = work
        self.held = Metric(
            "consumer_held_records", help: "Records that were taken from a topic and are worked on, by topic."
        ).gauge(("topic", options.topics.joined(separator: ",")))
    }

    /// Returns after a graceful shutdown: the batch in hand is finished and committed, and the group is left.
    public func run() async throws {
        var backoff = Backoff()
        while !Task.isShuttingDownGracefully {
            let consumer = try KafkaConsumer(
                configuration: self.configuration, options: self.options, logger: self.logger)
            do {
                try await self.consume(consumer) { backoff = Backoff() }
                await consumer.close()
            } catch {
                // Whatever it was, nothing of the unfinished batch was committed: a new member gets it again.
                await consumer.close()
                try Task.checkCancellation()
                if Task.isShuttingDownGracefully { return }
                self.logger.warning("the consumer is made anew", error: error)
                try await pause(for: backoff.next())
            }
        }
    }

    private func consume(_ consumer: KafkaConsumer, afterBatch: () -> Void) async throws {
        var refused = Backoff()
        while !Task.isShuttingDownGracefully {
            let batch: KafkaBatch
            do {
                batch = try await consumer.nextBatch(max: self.batchSize, timeout: Self.patience)
                refused = Backoff()
            } catch let error as KafkaError where !error.isFatal && error.code != .closed {
                // A topic that is not there yet, or may not be read. The same consumer asks again: one that never had a
                // partition cannot be destroyed everywhere (see `ConsumerClient`), and would leave its threads behind.
                self.logger.warning("the brokers refuse for now", error: error)
                try await pause(for: refused.next())
                continue
            }
            guard !batch.isEmpty else { continue }
            self.held.record(batch.messages.count)
            defer { self.held.record(0) }
            self.failPoints.taken.pass()
            let work = self.work
            try await consumer.keepingMembership(batch) { try await work(batch) }
            self.failPoints.done.pass()
            try await consumer.complete(batch)
            self.failPoints.completed.pass()
            afterBatch()
        }
    }
}
