import Blocking
import Foundation
public import Logging
import Synchronization

/// Sends records, and tells of each what became of it.
///
/// Idempotent, with acknowledgement by all in-sync replicas. After a fatal error it makes itself a new client; sends
/// that were under way then fail with a retriable error. It works while ``run()`` does.
public final class KafkaProducer: Sendable {
    private enum Phase {
        case idle(waiting: [CheckedContinuation<Void, Never>])
        case running(ProducerClient)
        /// A fatal error ended the client, and no other could be made yet.
        case broken(KafkaError)
        case ended
    }

    private let makeClient: @Sendable () throws(KafkaError) -> ProducerClient
    private let first: ProducerClient
    private let phase = Mutex(Phase.idle(waiting: []))
    private let isStopping = Atomic(false)
    private let messageTimeout: Duration
    private let logger: Logger

    /// Makes the client, without connecting.
    ///
    /// - Parameter messageTimeout: How long a record may take from entering the queue to its report, retries included;
    ///   librdkafka looks once a second. At least 100 ms.
    /// - Throws: ``KafkaError`` with code `invalidConfiguration`.
    public init(
        configuration: KafkaConfiguration, logger: Logger, messageTimeout: Duration = .seconds(3)
    ) throws(KafkaError) {
        let timeout = max(messageTimeout, .milliseconds(100))
        self.messageTimeout = timeout
        self.logger = logger
        self.makeClient = { () throws(KafkaError) in
            try ProducerClient(
                configuration: configuration, messageTimeout: timeout, context: ClientContext(logger: logger))
        }
        self.first = try self.makeClient()
    }

    /// Serves the delivery reports, on a thread of its own. To be called once.
    ///
    /// When cancelled it takes no more records, waits for the reports of those under way at most a second longer than
    /// the message timeout, fails the rest with code `closed`, and returns.
    public func run() async throws {
        let waiting = try self.phase.withLock { phase throws(KafkaError) in
            guard case .idle(let waiting) = phase else {
                throw KafkaError(code: .closed, reason: "a producer runs only once")
            }
            phase = .running(self.first)
            return waiting
        }
        for waiter in waiting { waiter.resume() }
        let loop = Loop()
        await withTaskCancellationHandler {
            await loop.run { self.serve() }
        } onCancel: {
            self.isStopping.store(true, ordering: .releasing)
            self.current?.wake()
        }
    }

    /// Sends one record and waits for its report, with the bounds that the batch form has.
    public func send(_ record: KafkaRecord) async throws(KafkaError) -> KafkaReceipt {
        let results = await self.send([record])
        return try results[0].get()
    }

    /// Sends records in order and waits for all reports.
    ///
    /// Bounded in time in every case: about the message timeout plus one second, and at most half a message timeout
    /// more where the local queue was full. A record that failed is never sent later by this client. Where it failed
    /// with code `timedOut` or `clientReplaced`, brokers may nevertheless have stored it.
    ///
    /// Cancelling ends the wait for room in the queue (those not handed over fail with code `cancelled`), but not the
    /// wait for reports, which alone tell what was stored. Before ``run()`` has begun it waits for that, at most a
    /// message timeout.
    ///
    /// - Returns: A result for each record, in the same order.
    public func send(_ records: [KafkaRecord]) async -> [Result<KafkaReceipt, KafkaError>] {
        await self.handOver(records).results()
    }

    /// Hands records over in order and returns before their reports: what is handed over after that comes after them.
    /// The bounds and what cancelling does are those of the form that waits.
    public func handOver(_ records: [KafkaRecord]) async -> KafkaSending {
        if records.isEmpty { return KafkaSending([]) }
        let client: ProducerClient
        do throws(KafkaError) {
            client = try await self.runningClient()
        } catch {
            return KafkaSending(records.map { _ in .failure(error) })
        }
        let roomDeadline = ContinuousClock.now + self.messageTimeout / 2
        let batch = SendBatch(count: records.count, deadline: roomDeadline + self.messageTimeout + .seconds(3))
        client.register(batch)
        var next = 0
        while next < records.count {
            switch client.enqueue(records, from: next, of: batch) {
            case .done:
                next = records.count
            case .closed(let index, let error):
                client.settle(batch, index..<records.count, with: error)
                next = records.count
            case .full(let index):
                next = index
                if let error = Self.reasonNotToWait(until: roomDeadline) {
                    client.settle(batch, index..<records.count, with: error)
                    next = records.count
                } else {
                    await client.waitForRoom()
                }
            }
        }
        return KafkaSending(records, batch)
    }

    /// Whether ``run()`` has begun and the producer takes records.
    public var isRunning: Bool { self.current != nil }

    /// Sends records in order, and tells of each what became of it as soon as that is known, without a task that waits.
    ///
    /// For a caller who may neither block nor suspend, such as an event loop. The bounds in time and the errors are those
    /// of the form that waits, except that nothing can be cancelled, and that a producer that is not running refuses at
    /// once.
    ///
    /// - Parameter onReports: is called until every record was told of exactly once; with several where their reports came
    ///   together. On the producer's thread, or on the caller's before this returns; it must not block.
    public func send(_ records: [KafkaRecord], onReports: @escaping @Sendable ([KafkaReport]) -> Void) {
        if records.isEmpty { return }
        let client: ProducerClient
        do throws(KafkaError) {
            guard let running = try self.clientIfBegun() else {
                throw KafkaError(code: .closed, reason: "the producer is not running", isRetriable: true)
            }
            client = running
        } catch {
            onReports(records.indices.map { KafkaReport(index: $0, result: .failure(error)) })
            return
        }
        let roomDeadline = ContinuousClock.now + self.messageTimeout / 2
        let batch = SendBatch(count: records.count, deadline: roomDeadline + self.messageTimeout + .seconds(3)) {
            told in
            onReports(told.map { KafkaReport(index: $0.index, result: $0.outcome.result(of: records[$0.index])) })
        }
        client.register(batch)
        Self.handOver(records, from: 0, of: batch, to: client, until: roomDeadline)
    }

    private static func handOver(
        _ records: [KafkaRecord], from start: Int, of batch: SendBatch, to client: ProducerClient,
        until deadline: ContinuousClock.Instant
    ) {
        switch client.enqueue(records, from: start, of: batch) {
        case .done: break
        case .closed(let index, let error): client.settle(batch, index..<records.count, with: error)
        case .full(let index):
            if ContinuousClock.now >= deadline {
                client.settle(batch, index..<records.count, with: Self.stayedFull)
            } else {
                client.whenRoom { Self.handOver(records, from: index, of: batch, to: client, until: deadline) }
            }
        }
    }

    private static let stayedFull = KafkaError(
        code: .queueFull, reason: "the producer's queue stayed full", isRetriable: true)

    private static func reasonNotToWait(until deadline: ContinuousClock.Instant) -> KafkaError? {
        if Task.isCancelled {
            return KafkaError(code: .cancelled, reason: "cancelled before the record was handed over")
        }
        if ContinuousClock.now >= deadline {
            return Self.stayedFull
        }
        return nil
    }

    private var current: ProducerClient? {
        self.phase.withLock { if case .running(let client) = $0 { client } else { nil } }
    }

    private func runningClient() async throws(KafkaError) -> ProducerClient {
        if let client = try self.clientIfBegun() { return client }
        let timeout = self.messageTimeout
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.waitForBeginning() }
            group.addTask {
                // Ending early, by cancelling, is just as well: what counts is looked at below.
                try? await Task.sleep(for: timeout)
                self.endWaitForBeginning()
            }
            await group.next()
            group.cancelAll()
        }
        if let client = try self.clientIfBegun() { return client }
        throw KafkaError(
            code: Task.isCancelled ? .cancelled : .closed, reason: "the producer is not running", isRetriable: true)
    }

    private func clientIfBegun() throws(KafkaError) -> ProducerClient? {
        try self.phase.withLock { phase throws(KafkaError) in
            switch phase {
            case .idle: nil
            case .running(let client): client
            case .broken(let error): throw error
            case .ended: throw Self.stopped
            }
        }
    }

    private func waitForBeginning() async {
        await withCheckedContinuation { continuation in
            let isIdle = self.phase.withLock { phase in
                guard case .idle(var waiting) = phase else { return false }
                waiting.append(continuation)
                phase = .idle(waiting: waiting)
                return true
            }
            if !isIdle { continuation.resume() }
        }
    }

    private func endWaitForBeginning() {
        let waiting = self.phase.withLock { phase in
            guard case .idle(let waiting) = phase else { return [CheckedContinuation<Void, Never>]() }
            phase = .idle(waiting: [])
            return waiting
        }
        for waiter in waiting { waiter.resume() }
    }

    // MARK: On the thread

    private static let stopped = KafkaError(code: .closed, reason: "the producer has been stopped")

    private func serve() {
        var client = self.first
        client.learnTopics(timeout: .seconds(1))
        while !self.isStopping.load(ordering: .acquiring) {
            if let failure = client.poll(timeout: client.hasWaiting ? .milliseconds(100) : .seconds(1)) {
                self.logger.error("the producer's client is replaced: \(failure)")
                guard let successor = self.replace(client, after: failure) else { return }
                client = successor
            }
        }
        self.phase.withLock { $0 = .ended }
        client.close(flush: self.messageTimeout + .seconds(1), error: Self.stopped)
    }

    /// nil when stopped meanwhile.
    private func replace(_ client: ProducerClient, after failure: KafkaError) -> ProducerClient? {
        let error = KafkaError(
            code: .clientReplaced, rawCode: failure.rawCode, reason: "the client was replaced: \(failure.reason)",
            isRetriable: true)
        var successor = try? self.makeClient()
        self.phase.withLock { $0 = successor.map { .running($0) } ?? .broken(error) }
        client.close(flush: .zero, error: error)
        while successor == nil, !self.isStopping.load(ordering: .acquiring) {
            // The configuration was good before, so the system is short of something: threads, memory, descriptors.
            Thread.sleep(forTimeInterval: 0.5)
            successor = try? self.makeClient()
            if let successor { self.phase.withLock { $0 = .running(successor) } }
        }
        if successor == nil { self.phase.withLock { $0 = .ended } }
        return successor
    }

    /// For tests: lets librdkafka act as though a broker had answered with an error that it can't recover from.
    func simulateFatalError() {
        self.current?.simulateFatalError()
    }
}

extension SendBatch.Outcome {
    func result(of record: KafkaRecord) -> Result<KafkaReceipt, KafkaError> {
        switch self {
        case .stored(let partition, let offset):
            .success(KafkaReceipt(topic: record.topic, partition: partition, offset: offset))
        case .failed(let error): .failure(error)
        }
    }
}

/// The thread of a producer.
private actor Loop {
    private let executor = BlockingExecutor(name: "kafka-producer")
    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    func run(_ body: @Sendable () -> Void) {
        body()
    }
}
