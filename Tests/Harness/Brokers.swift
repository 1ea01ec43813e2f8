import Foundation
import Kafka
import Logging
import Testing
import Wire

@testable import Notifi

/// The brokers of an installation: embedded ones of its own, or those that `NOTIFI_TEST_KAFKA_BROKERS` names, with topics
/// of its own.
struct Brokers: Sendable {
    static let external = ProcessInfo.processInfo.environment["NOTIFI_TEST_KAFKA_BROKERS"]
    static var areExternal: Bool { Self.external != nil }

    let configuration: KafkaConfiguration
    let prefix: String
    /// `nil` where they are others'.
    let embedded: EmbeddedBroker?

    var topics: Topics { Topics(prefix: self.prefix) }

    static func start() async throws -> Brokers {
        let prefix = "notifi-test-\(UUID().uuidString.prefix(8).lowercased())"
        let brokers = try Brokers(prefix: prefix)
        if let embedded = brokers.embedded {
            for topic in brokers.topics.all { try embedded.createTopic(topic, partitions: 16, replication: 3) }
        } else {
            let plan = TopicPlan(topics: brokers.topics, partitions: 16, replication: 1, retentionHours: 1)
            let outcomes = try await KafkaAdmin(configuration: brokers.configuration, logger: quiet)
                .createTopics(plan.specifications)
            try #require(outcomes.values.allSatisfy { $0 == .created }, "\(outcomes)")
        }
        return brokers
    }

    private init(prefix: String) throws {
        self.prefix = prefix
        self.embedded = Self.areExternal ? nil : try EmbeddedBroker(brokers: 3, logger: quiet)
        self.configuration = KafkaConfiguration(
            brokers: Self.external ?? self.embedded?.bootstrapServers ?? "", clientID: "notifi-tests")
    }

    /// What the daemons have to be told.
    var environment: [String: String] {
        [
            "NOTIFI_KAFKA_BROKERS": self.configuration.brokers,
            "NOTIFI_KAFKA_TOPIC_PREFIX": self.prefix,
            // Brokers refuse less than 6 s unless configured otherwise; the embedded one does not.
            "NOTIFI_KAFKA_SESSION_TIMEOUT_MS": Self.areExternal ? "6000" : "3000",
            "NOTIFI_KAFKA_FETCH_WAIT_MAX_MS": "5",
        ]
    }

    /// Takes all brokers down, or up again. Only embedded ones can be.
    func set(up isUp: Bool) throws {
        try #require(self.embedded).setAllBrokers(up: isUp)
    }

    func set(broker id: Int32, up isUp: Bool) throws {
        try #require(self.embedded).setBroker(id, up: isUp)
    }

    func close() {
        self.embedded?.close()
    }

    // MARK: Records

    /// Sends records as they are, and returns where they are.
    @discardableResult
    func produce(_ records: [KafkaRecord]) async throws -> [KafkaReceipt] {
        let producer = try KafkaProducer(configuration: self.configuration, logger: quiet)
        return try await withBackground({ try await producer.run() }) {
            try await producer.send(records).map { try $0.get() }
        }
    }

    /// Reads a topic from its beginning, until as many as wanted were found.
    func find(
        on topic: String, count: Int = 1, within limit: Duration = .seconds(30),
        where isWanted: @Sendable (KafkaMessage) -> Bool
    ) async throws -> [KafkaMessage] {
        let options = KafkaConsumerOptions(
            group: "\(self.prefix).\(UUID().uuidString)", topics: [topic],
            sessionTimeout: .seconds(Self.areExternal ? 6 : 3), fetchWaitMax: .milliseconds(5))
        let consumer = try KafkaConsumer(configuration: self.configuration, options: options, logger: quiet)
        do {
            let deadline = ContinuousClock.now + limit
            var found: [KafkaMessage] = []
            while found.count < count, ContinuousClock.now < deadline {
                found += try await consumer.nextBatch(max: 1_000, timeout: .milliseconds(500)).messages.filter(isWanted)
            }
            await consumer.close()
            try #require(found.count >= count, "found \(found.count) of \(count) on \(topic) within \(limit)")
            return found
        } catch {
            await consumer.close()
            throw error
        }
    }

    func lag(group: String, topic: String) async throws -> Int64 {
        try await KafkaAdmin(configuration: self.configuration, logger: quiet).lag(group: group, topics: [topic])
    }
}

let quiet = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
