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

public struct KafkaAdmin: Sendable {
    public init(configuration: KafkaConfiguration, logger: Logger) {}
    public func createTopics(
        _ topics: [KafkaTopicSpecification], timeout: Duration = .seconds(10)
    ) async throws -> [String: KafkaTopicOutcome] { [:] }
    public func missingTopics(of topics: [String], timeout: Duration = .seconds(5)) async throws -> [String] { [] }
    public func ping(timeout: Duration = .seconds(2)) async throws {}
    public func lag(group: String, topics: [String], timeout: Duration = .seconds(10)) async throws -> Int64 { 0 }
}
