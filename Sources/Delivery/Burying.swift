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

extension RecordDeadLetters.Row {
    /// 9999-12-31T23:59:59.999Z in milliseconds: the header is text, and may say anything.
    private static let latest: Int64 = 253_402_300_799_999

    /// What the headers do not tell is read from the value, if anybody can read it.
    init(_ letter: DeadLetter) {
        let notification = letter.value.flatMap { try? Notification(encoded: $0, trace: letter.trace) }
        let id = letter.notification ?? notification?.id
        let key = letter.key.map { String(decoding: $0, as: UTF8.self) }
        self.init(
            topic: letter.topic, partition: letter.partition, offset: letter.offset,
            recordedAt: Instant(microseconds: min(max(0, letter.timestampMilliseconds), Self.latest) * 1_000),
            reason: letter.reason.storable, attempts: letter.attempts, id: id,
            service: letter.service ?? notification?.service, userID: (notification?.userID ?? key)?.storable,
            acceptedAt: notification?.acceptedAt ?? id?.acceptedAt, key: letter.key, value: letter.value,
            trace: letter.trace)
    }
}

extension String {
    /// Without the one character that Postgres cannot store.
    fileprivate var storable: String { self.replacing("\0", with: "\u{FFFD}") }
}
