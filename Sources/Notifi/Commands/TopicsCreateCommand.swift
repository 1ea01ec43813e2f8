import ArgumentParser
import Kafka
import Operations
import Wire

struct TopicsCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make the topics that are missing. Those that are there stay as they are.")

    @Option(help: "Partitions of each. Their number bounds how many routers, and deliveries, can share the work.")
    var partitions: Int32 = 16

    @Option(help: "Copies of each. With 3 or more, a 202 means that at least two of them have it.")
    var replication: Int32 = 3

    @Option(
        help: ArgumentHelp(
            "How long an outage may last before messages are lost. Without: NOTIFI_KAFKA_TOPIC_RETENTION_DAYS, 7 days.",
            valueName: "hours"))
    var retentionHours: Int?

    func validate() throws {
        guard (1...10_000).contains(self.partitions) else {
            throw ValidationError("--partitions has to be from 1 to 10000")
        }
        guard (1...100).contains(self.replication) else {
            throw ValidationError("--replication has to be from 1 to 100")
        }
        guard (1...8760).contains(self.retentionHours ?? 1) else {
            throw ValidationError("--retention-hours has to be from 1 to 8760")
        }
    }

    func run() async throws {
        let (admin, prefix) = try Surroundings.kafka()
        let wanted = TopicPlan(
            topics: Topics(prefix: prefix), partitions: self.partitions, replication: self.replication,
            retentionHours: try self.retentionHours ?? Self.configuredHours())
        let outcomes = try await admin.createTopics(wanted.specifications)
        var hasFailed = false
        for (topic, outcome) in outcomes.sorted(by: { $0.key < $1.key }) {
            switch outcome {
            case .created: print("\(topic): created")
            case .alreadyExists: print("\(topic): is there already")
            case .failed(let error):
                print("\(topic): \(error)")
                hasFailed = true
            }
        }
        if self.replication < 3 {
            print("note: with fewer than three copies, losing a broker can lose what was accepted")
        }
        if hasFailed {
            throw ExitCode.failure
        }
    }
}

extension TopicsCreateCommand {
    /// What an erasure waits for before it sweeps again.
    private static func configuredHours() throws -> Int {
        try Settings.load([PipelineSettings.topicRetentionDays])[PipelineSettings.topicRetentionDays] * 24
    }
}

/// How the topics are made.
struct TopicPlan: Sendable {
    let topics: Topics
    let partitions: Int32
    let replication: Int32
    let retentionHours: Int

    var specifications: [KafkaTopicSpecification] {
        self.topics.all.map { topic in
            // Who tails the changes starts at their end, so keeping them serves nobody.
            let hours = topic == self.topics.inboxChanges ? min(1, self.retentionHours) : self.retentionHours
            return KafkaTopicSpecification(
                name: topic, partitions: self.partitions, replication: self.replication,
                settings: [
                    "min.insync.replicas": self.replication >= 3 ? "2" : "1",
                    "retention.ms": String(hours * 3_600_000),
                    "cleanup.policy": "delete",
                    // Whatever the cluster's default: only time ends what was accepted, and by the brokers' clocks. A
                    // daemon's clock that is far off would have brokers refuse its records (the limit is
                    // `message.timestamp.after.max.ms`), or drop them at once.
                    "retention.bytes": "-1",
                    "message.timestamp.type": "LogAppendTime",
                    // librdkafka sends batches of up to 1,000,000 bytes; brokers refuse a batch as a whole.
                    "max.message.bytes": "1048588",
                ])
        }
    }
}
