import FoundationEssentials
import Kafka
import Logging
import Operations
import ServiceLifecycle
import Wire

/// Reads `inbox-changes` from its end and tells `InboxVersions`, and sends the heartbeats by which that knows how far
/// behind the reading is.
///
/// Nothing waits for it: with Kafka away Postgres is asked, and once it is back memory is trusted again.
struct InboxTail: Sendable {
    /// Of this run.
    private let replica = UUID()
    private let configuration: KafkaConfiguration
    private let topic: String
    private let fetchWaitMax: Duration
    private let producer: KafkaProducer
    private let versions: InboxVersions
    private let logger: Logger

    private static let beatEvery: Duration = .seconds(1)
    /// Until then a change may pass by on a partition that was added: no longer than a tail may be behind.
    private static let partitionRefresh: Duration = .seconds(2)
    /// It cannot be cancelled meanwhile, and a stop has ten seconds for everything.
    private static let startTimeout: Duration = .seconds(2)
    private static let batchSize = 1_000

    init(
        configuration: KafkaConfiguration, topic: String, fetchWaitMax: Duration, producer: KafkaProducer,
        versions: InboxVersions, logger: Logger
    ) {
        self.configuration = configuration
        self.topic = topic
        self.fetchWaitMax = fetchWaitMax
        self.producer = producer
        self.versions = versions
        self.logger = logger
    }

    /// Runs until cancelled.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.beat() }
            group.addTask { try await self.follow() }
            try await group.next()
            group.cancelAll()
        }
    }

    // MARK: Reading

    /// Makes a tail, and another one after each that failed.
    private func follow() async throws {
        var backoff = Backoff()
        while true {
            do {
                try await self.followOne { backoff = Backoff() }
            } catch {
                try Task.checkCancellation()
                self.logger.debug("the tail of \(self.topic) is made anew", error: error)
            }
            try await Task.sleep(for: backoff.next())
        }
    }

    private func followOne(afterStart: () -> Void) async throws {
        let tail = try KafkaTail(
            configuration: self.configuration, topic: self.topic, fetchWaitMax: self.fetchWaitMax,
            partitionRefresh: Self.partitionRefresh, logger: self.logger)
        do {
            try await self.read(tail, afterStart: afterStart)
        } catch {
            self.versions.restart([])
            await tail.close()
            throw error
        }
    }

    private func read(_ tail: KafkaTail, afterStart: () -> Void) async throws {
        try await tail.start(timeout: Self.startTimeout)
        self.versions.restart(await tail.numbers)
        afterStart()
        while true {
            let batch = try await tail.nextBatch(max: Self.batchSize, timeout: .seconds(1))
            if batch.hasGap {
                self.logger.warning("changes may have been missed on \(self.topic): versions are asked for anew")
                self.versions.restart(await tail.numbers)
            }
            self.versions.apply(batch.messages.compactMap { TailEvent($0, replica: self.replica) })
        }
    }

    // MARK: Heartbeats

    private func beat() async throws {
        var wasTrusted = false
        while true {
            let (number, partitions, isTrusted) = self.versions.beat()
            if isTrusted != wasTrusted {
                wasTrusted = isTrusted
                self.logger.info("polls are answered from \(isTrusted ? "memory" : "Postgres")")
            }
            let heartbeat = InboxHeartbeat(replica: self.replica, number: number)
            let records = partitions.map {
                heartbeat.record(on: KafkaTopicPartition(topic: self.topic, partition: $0))
            }
            // One that does not arrive is missed by the tail, which is what it is for.
            async let sent = self.producer.send(records)
            try await Task.sleep(for: Self.beatEvery)
            _ = await sent
        }
    }
}

extension KafkaTail {
    /// The numbers of the partitions that it reads.
    fileprivate var numbers: Set<Int32> { Set(self.partitions.map(\.partition)) }
}
