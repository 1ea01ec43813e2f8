import Blocking
public import Logging

/// A topic to make.
public struct KafkaTopicSpecification: Sendable, Hashable {
    public var name: String
    public var partitions: Int32
    public var replication: Int32
    /// Topic settings, for example `min.insync.replicas` or `retention.ms`.
    public var settings: [String: String]

    public init(name: String, partitions: Int32, replication: Int32, settings: [String: String] = [:]) {
        self.name = name
        self.partitions = partitions
        self.replication = replication
        self.settings = settings
    }
}

/// What became of a topic that was to be made.
public enum KafkaTopicOutcome: Sendable, Hashable {
    case created
    case alreadyExists
    case failed(KafkaError)
}

/// Questions to and orders for the brokers, outside of sending and reading. Each call makes a client of its own on a
/// thread of its own, and ends it. Cancelling does not end a call early; its timeout does.
public struct KafkaAdmin: Sendable {
    private let configuration: KafkaConfiguration
    private let logger: Logger

    public init(configuration: KafkaConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Makes topics, and says of each what became of it. Embedded brokers don't have this call: it times out.
    ///
    /// - Throws: ``KafkaError`` where the whole failed: `unsupported`, `timedOut`, `brokersUnavailable`,
    ///   `invalidConfiguration`, `authorization`.
    public func createTopics(
        _ topics: [KafkaTopicSpecification], timeout: Duration = .seconds(10)
    ) async throws -> [String: KafkaTopicOutcome] {
        if topics.isEmpty { return [:] }
        return try await self.onThread { (client) throws(KafkaError) in
            try client.createTopics(topics, timeout: timeout)
        }
    }

    /// Which of these topics the brokers don't have, in the same order. Asking makes none.
    ///
    /// - Throws: ``KafkaError``: `timedOut`, `brokersUnavailable`, `invalidConfiguration`.
    public func missingTopics(of topics: [String], timeout: Duration = .seconds(5)) async throws -> [String] {
        let known = try await self.onThread { (client) throws(KafkaError) in try client.topics(timeout: timeout) }
        return Self.missing(topics, among: known)
    }

    static func missing(_ topics: [String], among known: [Metadata.Topic]) -> [String] {
        let usable = Set(known.lazy.filter { $0.error?.isUnknownTopic != true }.map(\.name))
        return topics.filter { !usable.contains($0) }
    }

    /// Whether a broker answers.
    ///
    /// - Throws: ``KafkaError``: `timedOut`, `brokersUnavailable`, `invalidConfiguration`.
    public func ping(timeout: Duration = .seconds(2)) async throws {
        _ = try await self.onThread { (client) throws(KafkaError) in try client.topics(timeout: timeout) }
    }

    /// How many messages of these topics the group has not committed; where it never committed, all that are there.
    ///
    /// - Throws: ``KafkaError``: `unknownTopic`, `timedOut`, `brokersUnavailable`, `invalidConfiguration`.
    public func lag(group: String, topics: [String], timeout: Duration = .seconds(10)) async throws -> Int64 {
        let configuration = self.configuration
        let logger = self.logger
        return try await AdminThread().run { () throws(KafkaError) in
            var properties = ClientProperties()
            properties.set(configuration)
            properties.set("group.id", group)
            properties.set("enable.auto.commit", "false")
            let client = try ConsumerClient(properties: properties, context: ClientContext(logger: logger))
            defer { client.close() }
            return try client.lag(topics: topics, deadline: .now + timeout)
        }
    }

    private func onThread<R: Sendable>(
        _ body: @escaping @Sendable (AdminClient) throws(KafkaError) -> R
    ) async throws(KafkaError) -> R {
        let configuration = self.configuration
        let logger = self.logger
        return try await AdminThread().run { () throws(KafkaError) in
            let client = try AdminClient(configuration: configuration, logger: logger)
            defer { client.close() }
            return try body(client)
        }
    }
}

private actor AdminThread {
    private let executor = BlockingExecutor(name: "kafka-admin")
    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    func run<R: Sendable>(_ body: @Sendable () throws(KafkaError) -> R) throws(KafkaError) -> R {
        try body()
    }
}

extension ConsumerClient {
    fileprivate func lag(topics: [String], deadline: ContinuousClock.Instant) throws(KafkaError) -> Int64 {
        let known = try self.metadata(timeout: deadline - .now)
        var partitions: [KafkaTopicPartition] = []
        for name in topics {
            guard let topic = known.first(where: { $0.name == name && $0.error == nil }) else {
                throw KafkaError(code: .unknownTopic, reason: "there is no topic \(name)", isRetriable: true)
            }
            partitions += topic.partitions.map { KafkaTopicPartition(topic: name, partition: $0) }
        }
        let committed = try self.committed(of: partitions, timeout: deadline - .now)
        var lag: Int64 = 0
        for partition in partitions {
            let there = try self.watermarks(of: partition, timeout: deadline - .now)
            lag += there.upperBound - min(there.upperBound, max(there.lowerBound, committed[partition] ?? 0))
        }
        return lag
    }
}
