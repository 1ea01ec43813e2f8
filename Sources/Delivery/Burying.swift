import CoreMetrics
import Kafka
import Logging
import Notifications
import Operations
import Postgres
import Store
import Wire

/// Writes dead letters into a table, where trails and operators find them.
struct Burying: Sendable {
    let pool: PostgresPool
    let metrics: DeliveryMetrics
    let logger: Logger

    func bury(_ messages: [KafkaMessage]) async throws {
        let rows = messages.map { RecordDeadLetters.Row(DeadLetter($0)) }
        let poison = try await storeBisecting(rows) { part in
            let new = try await retryForever(
                "recording dead letters", logger: self.logger,
                isRetriable: { !(($0 as? PostgresError)?.asksForFewer(than: part.count) ?? false) }
            ) { try await RecordDeadLetters.run(part, on: self.pool) }
            self.metrics.deadLettersRecorded.increment(by: new)
        }
        for (row, reason) in poison {
            // It stays in the topic, where it can be looked at for as long as the topic keeps it.
            self.logger.critical(
                "a dead letter cannot be recorded", error: reason,
                metadata: ["origin": "\(row.topic)/\(row.partition)/\(row.offset)"])
        }
        for row in rows {
            self.logger.about(row.id?.description ?? "unknown", trace: row.trace?.traceID)
                .error("dead letter", metadata: ["reason": "\(row.reason)"])
        }
    }
}
