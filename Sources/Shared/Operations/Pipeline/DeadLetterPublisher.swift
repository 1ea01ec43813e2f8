public import Kafka
public import Logging
public import Postgres
import Store
import Wire

/// Publishes dead letters, and keeps at it until every one is where it cannot be lost.
///
/// One that brokers refuse for its size (with its origin it is larger than the record that it came from) goes straight into
/// the table in which those of the topic are written down: it is there for good, and nobody has to wait for it.
public struct DeadLetterPublisher: Sendable {
    private let publisher: Publisher
    private let pool: PostgresPool
    private let logger: Logger

    public init(publisher: Publisher, pool: PostgresPool, logger: Logger) {
        self.publisher = publisher
        self.pool = pool
        self.logger = logger
    }

    /// - Parameter records: as `DeadLetter.record` makes them.
    /// - Throws: as `Publisher.publish`; or `PostgresError` where neither takes one. Nothing may be committed then.
    public func publish(_ records: [KafkaRecord]) async throws {
        let refused = try await self.publisher.publish(records, what: "publishing dead letters")
        for (index, reason) in refused.sorted(by: { $0.key < $1.key }) {
            let row = RecordDeadLetters.Row(DeadLetter(records[index]))
            let origin = "\(row.topic)/\(row.partition)/\(row.offset)"
            self.logger.error(
                "a dead letter is too large for the brokers: it is in the table alone", error: reason,
                metadata: ["origin": "\(origin)"])
            try await retryForever(
                "recording a dead letter", logger: self.logger,
                isRetriable: { !(($0 as? PostgresError)?.isPoison ?? false) }
            ) { _ = try await RecordDeadLetters.run([row], on: self.pool) }
        }
    }
}

extension DeadLetter {
    /// Of a record that has its origin in its headers, and is on no topic.
    fileprivate init(_ record: KafkaRecord) {
        self.init(
            KafkaMessage(
                topic: record.topic, partition: -1, offset: -1, timestampMilliseconds: 0, key: record.key,
                value: record.value, headers: record.headers))
    }
}
