public import Kafka
public import Logging
public import Postgres
import Store

extension Health {
    /// Registers that the brokers answer and have these topics.
    public func checkKafka(
        _ configuration: KafkaConfiguration, topics: [String], _ requirement: Requirement = .required, logger: Logger
    ) {
        let probe = KafkaTopicProbe(configuration: configuration, logger: logger)
        self.check("kafka", requirement, timeout: .seconds(3)) {
            let missing = try await probe.missingTopics(of: topics, timeout: .seconds(2))
            guard missing.isEmpty else { throw MissingTopics(names: missing) }
        }
    }

    /// Registers that Postgres answers and has this version's schema.
    public func checkPostgres(_ pool: PostgresPool, _ requirement: Requirement = .required, logger: Logger) {
        let migrator = Migrator(pool: pool, logger: logger)
        self.check("postgres", requirement, timeout: .seconds(3)) { try await migrator.verify() }
    }
}

struct MissingTopics: Error, CustomStringConvertible {
    let names: [String]

    var description: String {
        "missing topics: \(self.names.joined(separator: ", ")): run `notifi topics create`"
    }
}
