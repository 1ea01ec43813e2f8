public import Kafka
public import Logging
import Metrics
public import ServiceLifecycle

/// A member of a consumer group that hands batch after batch to its work until it is stopped.
///
/// The order is what keeps P1: the work makes a batch durable, only then are its offsets stored and committed. A crash
/// in between redelivers. After a fatal error the client is made anew. While work waits for something, the member keeps
/// its place in the group.
///
/// Work has two phases, and two batches are under way at most: while one is in its second phase, the next one, where
/// there is one already, is in its first. First phases follow each other, and so do second ones, so what each phase does
/// keeps the order of the messages. Behind a full batch, the sign of a backlog, one more is taken meanwhile, so that no
/// phase waits for it.
public struct ConsumerLoop: Service {
    /// The first phase: what has to be done before the next batch may begin. Returns the second.
    public typealias Work = @Sendable (KafkaBatch) async throws -> Finish
    /// The second phase: returns when all of the batch is durable.
    public typealias Finish = @Sendable () async throws -> Void

    private let configuration: KafkaConfiguration
    private let options: KafkaConsumerOptions
    private let batchSize: Int
    private let failPoints: ConsumerFailPoints
    private let logger: Logger
    private let work: Work
    private let held: Gauge

    /// How long it listens for more before it looks whether it is to stop.
    private static let patience: Duration = .milliseconds(200)

    /// - Parameters:
    ///   - batchSize: at most so many messages at once.
    ///   - work: what either phase throws ends this attempt: the batch comes again, and with it one that came later.
    public init(
        configuration: KafkaConfiguration, options: KafkaConsumerOptions, batchSize: Int,
        failPoints: ConsumerFailPoints, logger: Logger, work: @escaping Work
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

    /// Returns after a graceful shutdown: the batches in hand are finished and committed, and the group is left.
    public func run() async throws {
        var backoff = Backoff()
        while !Task.isShuttingDownGracefully {
            let consumer = try KafkaConsumer(
                configuration: self.configuration, options: self.options, logger: self.logger)
            do {
                try await self.consume(consumer) { backoff = Backoff() }
                await consumer.close()
            } catch {
                // Whatever it was, nothing of the unfinished batches was committed: a new member gets them again.
                await consumer.close()
                self.held.record(0)
                try Task.checkCancellation()
                if Task.isShuttingDownGracefully { return }
                self.logger.warning("the consumer is made anew", error: error)
                try await pause(for: backoff.next())
            }
        }
    }

    /// A batch whose first phase is done.
    private struct Begun {
        let batch: KafkaBatch
        let finish: Finish
    }

    private func consume(_ consumer: KafkaConsumer, afterBatch: () -> Void) async throws {
        var refused = Backoff()
        var begun: Begun?
        // Where this ends early, nothing of it was begun, and it comes again.
        var ahead: Taken?
        while !Task.isShuttingDownGracefully {
            let next: Taken
            if let taken = ahead {
                next = taken
            } else {
                // With a batch in hand it only looks whether there is more: otherwise that one is finished first.
                next = await self.take(
                    from: consumer, timeout: begun == nil ? Self.patience : .zero,
                    keeping: begun.map { [$0.batch] } ?? [])
            }
            ahead = nil
            if case .success(let batch) = next, !batch.isEmpty {
                refused = Backoff()
                let hadOne = begun != nil
                (begun, ahead) = try await self.advance(begun, to: batch, consumer)
                if hadOne { afterBatch() }
                continue
            }
            if let last = begun {
                begun = nil
                try await self.finish(last, consumer)
                afterBatch()
            }
            do {
                _ = try next.get()
                refused = Backoff()
            } catch let error as KafkaError where !error.isFatal && error.code != .closed {
                // A topic that is not there yet, or may not be read. The same consumer asks again: one that never had a
                // partition cannot be destroyed everywhere (see `ConsumerClient`), and would leave its threads behind.
                self.logger.warning("the brokers refuse for now", error: error)
                try await pause(for: refused.next())
            }
        }
        if let begun { try await self.finish(begun, consumer) }
    }

    private typealias Taken = Result<KafkaBatch, any Error>

    private func take(from consumer: KafkaConsumer, timeout: Duration, keeping batches: [KafkaBatch]) async -> Taken {
        do {
            return .success(
                try await consumer.nextBatch(max: self.batchSize, timeout: timeout, keeping: batches))
        } catch {
            return .failure(error)
        }
    }

    /// The first phase of the next batch, and beside it the second one of the last, and the taking of one more.
    private func advance(
        _ last: Begun?, to next: KafkaBatch, _ consumer: KafkaConsumer
    ) async throws -> (Begun, ahead: Taken?) {
        self.held.record((last?.batch.messages.count ?? 0) + next.messages.count)
        self.failPoints.taken.pass()
        let work = self.work
        let underWay = [last?.batch, next].compactMap(\.self)
        let (finish, ahead) = try await consumer.keepingMembership(underWay) {
            () -> (Result<Finish, any Error>, Taken?) in
            // Completed as soon as it is done: the next one may have to wait for somebody who is away.
            async let end: Void = self.end(last, consumer, keeping: next)
            async let ahead = self.takeAhead(behind: next, from: consumer, keeping: underWay)
            let result: Result<Finish, any Error>
            do { result = .success(try await work(next)) } catch { result = .failure(error) }
            // What went wrong with the next one is no reason to do the last one again.
            try await end
            return (result, await ahead)
        }
        self.held.record(next.messages.count)
        return (Begun(batch: next, finish: try finish.get()), ahead)
    }

    /// - Returns: `nil` where there is hardly more yet: a little now would keep more from being done at once soon. Nothing
    ///   now does not say that there is nothing when the phases are over.
    private func takeAhead(
        behind batch: KafkaBatch, from consumer: KafkaConsumer, keeping underWay: [KafkaBatch]
    ) async -> Taken? {
        guard batch.messages.count == self.batchSize else { return nil }
        let ahead = await self.take(from: consumer, timeout: .zero, keeping: underWay)
        if case .success(let batch) = ahead, batch.isEmpty { return nil }
        return ahead
    }

    private func end(_ last: Begun?, _ consumer: KafkaConsumer, keeping next: KafkaBatch) async throws {
        guard let last else { return }
        try await last.finish()
        try await self.complete(last.batch, consumer, keeping: [next])
    }

    private func finish(_ last: Begun, _ consumer: KafkaConsumer) async throws {
        try await consumer.keepingMembership([last.batch]) { try await last.finish() }
        try await self.complete(last.batch, consumer)
        self.held.record(0)
    }

    private func complete(_ batch: KafkaBatch, _ consumer: KafkaConsumer, keeping later: [KafkaBatch] = []) async throws
    {
        self.failPoints.done.pass()
        try await consumer.complete(batch, keeping: later, untilCommitted: self.failPoints.completed.isArmed)
        self.failPoints.completed.pass()
    }
}
