import Blocking
public import Logging
import Synchronization

/// A member of a consumer group that is asked for batches, and commits what it is told is done.
///
/// It joins its group as soon as it is made, but takes and gives partitions inside its calls alone, so it has to be
/// asked again and again. Broken connections are retried
/// inside; only what a new consumer has to cure is thrown with `isFatal`. A message is handed out again, to this or
/// another member, unless its batch was completed in time.
public actor KafkaConsumer {
    private let executor = BlockingExecutor(name: "kafka-consumer")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    private let client: ConsumerClient
    private let context: ClientContext
    private let options: KafkaConsumerOptions
    private let logger: Logger
    private nonisolated let waker: QueueWaker
    private nonisolated let isClosing = Mutex(false)

    private var ledger = AssignmentLedger()
    /// Messages that came while nobody asked for any, each with the epoch of its partition.
    private var backlog: [(message: KafkaMessage, epoch: UInt64)] = []
    private var failure: KafkaError?
    private var isPaused = false
    /// Those that librdkafka was told to pause, and not yet to resume; some may be lost by now.
    private var paused: Set<KafkaTopicPartition> = []
    private var isClosed = false
    private var nextCommitAttempt = ContinuousClock.now
    /// How long partitions that are to be given away still wait for work on them; nil where nothing waits.
    private var graceEnd: ContinuousClock.Instant?

    /// Makes the consumer and subscribes, without waiting for the brokers.
    ///
    /// - Throws: ``KafkaError`` with code `invalidConfiguration`.
    public init(configuration: KafkaConfiguration, options: KafkaConsumerOptions, logger: Logger) throws(KafkaError) {
        let onEvent = options.onEvent
        let context = ClientContext(logger: logger) { onEvent?(.offsetOutOfRange($0)) }
        let client = try ConsumerClient(properties: options.properties(configuration), context: context)
        try client.subscribe(to: options.topics)
        self.client = client
        self.waker = client.waker
        self.context = context
        self.options = options
        self.logger = logger
    }

    /// The partitions held now.
    public var assignment: Set<KafkaTopicPartition> { self.ledger.partitions }

    /// Takes part in the group until partitions are assigned, and returns them. Messages that come meanwhile are kept
    /// for ``nextBatch(max:timeout:)``.
    ///
    /// - Throws: ``KafkaError`` with code `timedOut` after `timeout`; `CancellationError`.
    public func waitForAssignment(timeout: Duration) async throws -> Set<KafkaTopicPartition> {
        let deadline = ContinuousClock.now + timeout
        while self.ledger.partitions.isEmpty {
            try self.checkOpen()
            guard ContinuousClock.now < deadline else {
                throw KafkaError(code: .timedOut, reason: "no partitions were assigned", isRetriable: true)
            }
            let waker = self.waker
            try await withTaskCancellationHandler {
                if let taken = try self.poll(timeout: min(Self.slice, deadline - .now)) { self.backlog.append(taken) }
            } onCancel: {
                waker.wake()
            }
            self.answerRebalances()
            // Lets others in between the polls.
            await Task.yield()
        }
        return self.ledger.partitions
    }

    /// Takes the messages that are there, waiting for the first one at most `timeout`.
    ///
    /// - Parameters:
    ///   - max: At most so many messages; at least 1.
    ///   - timeout: After it an empty batch is returned, also while brokers are away.
    ///   - keeping: Earlier batches that are still worked on. Partitions of theirs that are to be given away wait as in
    ///     ``keepingMembership(_:_:)``, where the caller has to go next: no message comes meanwhile. Default: none.
    /// - Throws: ``KafkaError``: with `isFatal` if a new consumer is needed; with code `unknownTopic` where a topic
    ///   does not exist, and `authorization` or `authentication` where the brokers refuse, after all of which asking
    ///   again is fine. `CancellationError` if cancelled before any message came.
    public func nextBatch(
        max limit: Int, timeout: Duration, keeping batches: [KafkaBatch] = []
    ) async throws -> KafkaBatch {
        try self.checkOpen()
        self.retryCommit()
        let deadline = ContinuousClock.now + timeout
        let waker = self.waker
        let taken = try await withTaskCancellationHandler {
            try self.collect(limit, until: deadline, keeping: batches)
        } onCancel: {
            waker.wake()
        }
        return self.batch(taken)
    }

    /// Does the work on batches while this consumer stays in its group, however long that takes.
    ///
    /// Once the work takes longer than ``KafkaConsumerOptions/pauseAfter``, fetching is paused and the consumer goes on
    /// polling. If partitions of the batches are to be given to another member, that waits for the work, at most
    /// ``KafkaConsumerOptions/revokeGrace`` from when it was first put off; so does ``complete(_:keeping:)`` then, if it
    /// follows at once. The work is never interrupted by this; cancelling the caller cancels it.
    ///
    /// - Throws: What `work` throws.
    public func keepingMembership<R: Sendable>(
        _ batches: [KafkaBatch], _ work: @escaping @Sendable () async throws -> R
    ) async throws -> R {
        let isDone = Flag()
        let waker = self.waker
        let pauseAfter = self.options.pauseAfter
        return try await withThrowingTaskGroup(of: R?.self) { group in
            group.addTask {
                defer {
                    isDone.set()
                    waker.wake()
                }
                return try await work()
            }
            group.addTask {
                // Cancelled as soon as the work is done, or with the caller, when the work is what counts too.
                try? await Task.sleep(for: pauseAfter)
                return nil
            }
            defer { group.cancelAll() }
            if let result = try await group.next() ?? nil { return result }
            self.setPaused(true)
            defer { self.setPaused(false) }
            while !isDone.isSet, !self.isClosed {
                self.keepAlive()
                self.answerRebalances(keeping: batches)
                // Others may want something of this actor meanwhile, the work above all.
                await Task.yield()
            }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    /// Notes that the work on a batch is done, and has it committed, without waiting for the brokers' answer.
    ///
    /// One commit is under way at a time; what is completed meanwhile goes with the next one, which follows as soon as a
    /// later call finds the answer. Only where partitions are given away, and at the end, the answer is waited for: a
    /// crash before it means that the messages are handed out again, as one before the commit does.
    ///
    /// A partition that was given away or lost since the batch was taken is left out: another member has it, and will
    /// see those messages again. If the brokers don't take the commit for now, it is logged and repeated by later
    /// calls. Batches have to be completed in the order in which they were taken. Cancelling has no effect.
    ///
    /// - Parameters:
    ///   - batches: Later ones that are still worked on, as in ``nextBatch(max:timeout:keeping:)``.
    ///   - untilCommitted: Waits for the brokers' answer, at most `commitTimeout`. By default it comes in later: one commit
    ///     is under way at a time, and takes along what was completed meanwhile.
    /// - Throws: ``KafkaError`` if the client can't go on (`isFatal`), or is closed.
    public func complete(
        _ batch: KafkaBatch, keeping batches: [KafkaBatch] = [], untilCommitted: Bool = false
    ) async throws {
        if self.isClosed { throw Self.closed }
        let skipped = self.ledger.complete(batch)
        if !skipped.isEmpty {
            self.logger.notice("not committed, since given away meanwhile: \(skipped.map(\.description).sorted())")
        }
        try self.commit(timeout: untilCommitted ? self.options.commitTimeout : .zero)
        self.answerRebalances(keeping: batches)
    }

    /// Commits what is completed, leaves the group, and ends the client; a call that waits returns first. Without
    /// effect the second time. Brokers that are away delay it by some seconds at most.
    public nonisolated func close() async {
        self.isClosing.withLock { $0 = true }
        self.waker.wake()
        await self.end()
    }

    private func end() {
        if self.isClosed { return }
        self.isClosed = true
        do {
            try self.commit(timeout: self.options.commitTimeout)
        } catch {
            self.logger.warning("not committed at the end: \(error)")
        }
        self.answerRebalances()
        self.client.close()
        self.ledger.release(self.ledger.partitions)
        self.backlog = []
    }

    // MARK: Polling

    /// No single wait is longer, in case a wake-up is missed.
    private static let slice = Duration.milliseconds(500)
    private static let closed = KafkaError(code: .closed, reason: "the consumer is closed")

    private func checkOpen() throws {
        try Task.checkCancellation()
        if self.isClosed || self.isClosing.withLock({ $0 }) { throw Self.closed }
        if let failure = self.failure {
            if !failure.isFatal { self.failure = nil }
            throw failure
        }
    }

    private func collect(
        _ limit: Int, until deadline: ContinuousClock.Instant, keeping batches: [KafkaBatch]
    ) throws -> [(message: KafkaMessage, epoch: UInt64)] {
        self.answerRebalances(keeping: batches)
        // What waits for the work has to be answered before there is more of it.
        if self.context.rebalances.first != nil { return [] }
        var taken = self.takeBacklog(limit)
        var bytes = taken.reduce(0) { $0 + $1.message.bytes }
        while taken.count < limit, bytes < self.options.batchBytes {
            if taken.isEmpty { try self.checkOpen() }
            let outcome = self.pollOutcome(timeout: taken.isEmpty ? min(Self.slice, deadline - .now) : .zero)
            if case .success(let next?) = outcome {
                taken.append(next)
                bytes += next.message.bytes
            }
            if self.answerRebalances(keeping: batches) {
                taken.removeAll { self.ledger.epoch(of: $0.message.topicPartition) != $0.epoch }
            }
            switch outcome {
            case .success(.some): continue
            case .success(nil): if taken.isEmpty, ContinuousClock.now < deadline { continue }
            // What was taken must not be lost with the error, so it is thrown by the next round or call.
            case .failure(let error): self.failure = error
            }
            if !taken.isEmpty || ContinuousClock.now >= deadline { break }
        }
        return taken
    }

    /// The next message with the epoch of its partition; nil if none came, or none of a partition that is held.
    private func poll(timeout: Duration) throws(KafkaError) -> (message: KafkaMessage, epoch: UInt64)? {
        // An async closure in here that doesn't mention `self` would run elsewhere, and block threads that are not
        // ours.
        self.assertIsolated()
        switch self.client.poll(timeout: timeout) {
        case .nothing:
            return nil
        case .message(let message):
            return self.ledger.epoch(of: message.topicPartition).map { (message, $0) }
        case .failure(let error):
            if error.isFatal { self.failure = error }
            switch error.code {
            case _ where error.isFatal, .unknownTopic, .authorization, .authentication: throw error
            default: self.logger.warning("while polling: \(error)")
            }
            return nil
        }
    }

    private func pollOutcome(timeout: Duration) -> Result<(message: KafkaMessage, epoch: UInt64)?, KafkaError> {
        do throws(KafkaError) {
            return .success(try self.poll(timeout: timeout))
        } catch {
            return .failure(error)
        }
    }

    /// A poll whose messages are for later.
    private func keepAlive() {
        do throws(KafkaError) {
            if let taken = try self.poll(timeout: .milliseconds(100)) { self.backlog.append(taken) }
        } catch {
            self.failure = error
        }
    }

    private func takeBacklog(_ limit: Int) -> [(message: KafkaMessage, epoch: UInt64)] {
        self.backlog.removeAll { self.ledger.epoch(of: $0.message.topicPartition) != $0.epoch }
        var bytes = 0
        let taken = Array(
            self.backlog.prefix(limit).prefix { taken in
                defer { bytes += taken.message.bytes }
                return bytes < self.options.batchBytes
            })
        self.backlog.removeFirst(taken.count)
        return taken
    }

    private func batch(_ taken: [(message: KafkaMessage, epoch: UInt64)]) -> KafkaBatch {
        var ends: [KafkaTopicPartition: KafkaBatch.End] = [:]
        for index in taken.indices {
            // Messages of a partition come in runs, whose last ones count.
            if index + 1 < taken.count,
                taken[index].message.partition == taken[index + 1].message.partition,
                taken[index].message.topic == taken[index + 1].message.topic
            {
                continue
            }
            let (message, epoch) = taken[index]
            ends[message.topicPartition] = KafkaBatch.End(nextOffset: message.offset + 1, epoch: epoch)
        }
        return KafkaBatch(messages: taken.map(\.message), ends: ends)
    }

    private func setPaused(_ isPaused: Bool) {
        self.isPaused = isPaused
        if self.isClosed { return }
        if isPaused {
            self.pause(self.ledger.partitions)
        } else {
            self.resume(self.ledger.partitions)
        }
    }

    private func pause(_ partitions: Set<KafkaTopicPartition>) {
        self.paused.formUnion(partitions)
        self.client.setPaused(true, partitions)
    }

    /// Only what is paused: resuming anything else makes librdkafka drop what it has fetched of it, and go on after that.
    private func resume(_ partitions: Set<KafkaTopicPartition>) {
        let resumed = partitions.intersection(self.paused)
        self.paused.subtract(resumed)
        self.client.setPaused(false, resumed)
    }

    // MARK: Rebalances

    /// Answers what the group asked for. Returns whether partitions were taken from this member.
    ///
    /// - Parameter batches: Giving away partitions of these is left for later, unless they are lost already, or have
    ///   waited long enough.
    @discardableResult
    private func answerRebalances(keeping batches: [KafkaBatch] = []) -> Bool {
        var isReduced = false
        while let rebalance = self.context.rebalances.first {
            switch rebalance.kind {
            case .assign:
                self.take(rebalance.partitions)
            case .revoke:
                let isLost = self.client.isAssignmentLost
                if !isLost, self.areWorkedOn(rebalance.partitions, in: batches) {
                    let end = self.graceEnd ?? .now + self.options.revokeGrace
                    self.graceEnd = end
                    if ContinuousClock.now < end { return isReduced }
                }
                self.graceEnd = nil
                self.give(rebalance.partitions, isLost: isLost)
                isReduced = true
            }
            self.context.rebalances.removeFirst()
        }
        return isReduced
    }

    private func areWorkedOn(_ partitions: Set<KafkaTopicPartition>, in batches: [KafkaBatch]) -> Bool {
        batches.contains { !self.ledger.stillHeld(of: $0).isDisjoint(with: partitions) }
    }

    private func take(_ partitions: Set<KafkaTopicPartition>) {
        self.ledger.assign(partitions)
        if let error = self.client.assign(partitions) { self.logger.warning("taking partitions: \(error)") }
        if self.isPaused {
            self.pause(partitions)
        } else {
            // librdkafka keeps the pause of a partition that was lost meanwhile, and comes back now.
            self.resume(partitions)
        }
        self.logger.info("partitions assigned", metadata: ["kafka.partitions": Self.list(partitions)])
        self.options.onEvent?(.assigned(partitions))
    }

    private func give(_ partitions: Set<KafkaTopicPartition>, isLost: Bool) {
        if !isLost {
            do {
                try self.commit(timeout: self.options.commitTimeout)
            } catch {
                self.logger.warning("not committed before giving partitions away: \(error)")
            }
        }
        self.ledger.release(partitions)
        if let error = self.client.unassign(partitions), error.rawCode != Self.stateError {
            self.logger.warning("giving partitions away: \(error)")
        }
        self.logger.info(
            isLost ? "partitions lost" : "partitions revoked", metadata: ["kafka.partitions": Self.list(partitions)])
        self.options.onEvent?(isLost ? .lost(partitions) : .revoked(partitions))
    }

    /// librdkafka's `_STATE`: the assignment went by itself meanwhile.
    private static let stateError: Int32 = -172

    private static func list(_ partitions: Set<KafkaTopicPartition>) -> Logger.MetadataValue {
        .array(partitions.map(\.description).sorted().map { .string($0) })
    }

    // MARK: Committing

    private func retryCommit() {
        if self.ledger.uncommitted.isEmpty || ContinuousClock.now < self.nextCommitAttempt { return }
        do throws(KafkaError) {
            try self.commit(timeout: .zero)
        } catch {
            self.failure = error
        }
    }

    /// Commits all that is completed. What brokers don't take for now stays for the next time.
    private func commit(timeout: Duration) throws(KafkaError) {
        let deadline = ContinuousClock.now + timeout
        // The answer to one that was begun earlier says nothing of those that are to be committed now.
        var isOlder = timeout > .zero && self.client.isCommitUnderWay
        while case let offsets = self.ledger.uncommitted, !offsets.isEmpty {
            let outcome = self.client.commit(offsets, timeout: max(.zero, deadline - .now))
            switch outcome {
            case .committed(let committed):
                self.ledger.noteCommitted(committed)
                self.options.onEvent?(.committed(committed))
                if !committed.isEmpty { continue }
            case .pending:
                if timeout > .zero { self.logger.warning("a commit is not answered yet") }
                return
            case .failed(let error) where error.isFatal:
                throw error
            case .failed(let error):
                self.logger.warning("a commit was not taken, and will be repeated: \(error)")
                if isOlder {
                    isOlder = false
                    continue
                }
            }
            self.nextCommitAttempt = .now + .seconds(1)
            return
        }
    }
}

/// Set once, by another thread.
private final class Flag: Sendable {
    private let state = Mutex(false)

    var isSet: Bool { self.state.withLock { $0 } }

    func set() { self.state.withLock { $0 = true } }
}

extension KafkaMessage {
    /// What a batch is measured by.
    fileprivate var bytes: Int { (self.key?.count ?? 0) + (self.value?.count ?? 0) }
}
