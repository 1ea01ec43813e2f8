import CoreMetrics
import Kafka
import Logging
import Notifications
import Operations
import Postgres
import Store
import Wire

/// One claim, whole: in one short transaction due rows are taken out, published, and the deletion committed when every
/// report has come. A crash anywhere rolls back, and the rows are free at once; what was published by then comes again
/// with the same id, and the inbox takes it once (P2). What alone could not be published is put back: one partition that
/// takes nothing must not hold up the others.
struct Claiming: Sendable {
    let pool: PostgresPool
    let producer: KafkaProducer
    let topics: Topics
    let metrics: PollerMetrics
    let logger: Logger

    struct Outcome: Sendable {
        /// How many of its rows could not be published.
        let givenBack: Int
    }

    /// - Parameter turn: its place among claims of the same shard that overlap.
    /// - Throws: `PostgresError`, `KafkaError` where nothing was acknowledged, or `ClaimTurn.GivenUp`; nothing has left
    ///   the outbox then.
    func claim(shard: Int32, low: OutboxPlace, limit: Int32, turn: ClaimTurn) async throws -> Outcome {
        let clock = ContinuousClock()
        let (rows, givenBack) = try await self.pool.transaction { connection in
            let began = clock.now
            let rows = try await ClaimDue.run(shard: shard, low: low, limit: limit, on: connection)
            turn.took(ClaimTurn.Taken(count: rows.count, last: rows.last?.place, took: clock.now - began))
            FailPoint.pollerClaimed.pass(if: !rows.isEmpty)
            var sorted = ClaimedRows(rows)
            let records =
                sorted.records(on: self.topics.deliveries)
                + sorted.unreadable.map { self.deadLetter($0.row, shard: shard, reason: $0.reason) }
            try await turn.begin()
            // The reports come within the producer's bound of 3 s, before Postgres ends an idle transaction after 5 s.
            let unsent = try Self.unsent(
                sorted.published, await self.producer.send(records, halfway: .pollerPublishing))
            turn.published()
            FailPoint.pollerPublished.pass(if: !records.isEmpty)
            // Locks tombstones, for which a DELETE may be waiting: so only now, when Kafka is not waited for any more.
            try await RecordCancelled.run(sorted.cancelled.map { ($0.notification, $0.payload) }, on: connection)
            try await GiveBack.run(rows.filter { unsent.contains($0.id) }, shard: shard, on: connection)
            sorted.remove(unsent)
            FailPoint.pollerRecorded.pass(if: !rows.isEmpty)
            return (sorted, unsent.count)
        }
        FailPoint.pollerCommitted.pass(if: rows.count > 0)
        self.count(rows)
        if givenBack > 0 {
            self.logger.warning(
                "\(givenBack) rows could not be published and are put back", metadata: ["shard": "\(shard)"])
        }
        return Outcome(givenBack: givenBack)
    }

    /// - Throws: the first failure, where nothing was acknowledged: then all is rolled back, and tried again later.
    private static func unsent(
        _ ids: [NotificationID], _ outcomes: [Result<KafkaReceipt, KafkaError>]
    ) throws(KafkaError) -> Set<NotificationID> {
        var unsent: Set<NotificationID> = []
        var failure: KafkaError?
        for (id, outcome) in zip(ids, outcomes) {
            guard case .failure(let error) = outcome else { continue }
            unsent.insert(id)
            failure = failure ?? error
        }
        if let failure, unsent.count == ids.count { throw failure }
        return unsent
    }

    private func count(_ rows: ClaimedRows) {
        self.metrics.published.increment(by: rows.due.count)
        self.metrics.dropped.increment(by: rows.cancelled.count)
        self.metrics.deadLetters.increment(by: rows.unreadable.count)
        let isLogged = self.logger.logLevel <= .debug
        for (row, _) in rows.due {
            let late = row.claimedAt.microseconds - row.dueAt.microseconds
            self.metrics.claimLateness.recordMicroseconds(late)
            // A logger for each of them costs more than all else here.
            guard isLogged else { continue }
            self.logger.about(row.id, trace: row.trace?.traceID)
                .debug("claimed", metadata: ["late_us": "\(late)"])
        }
    }

    private func deadLetter(_ row: ClaimDue.Row, shard: Int32, reason: WireError) -> KafkaRecord {
        self.logger.about(row.id, trace: row.trace?.traceID)
            .warning("an outbox row becomes a dead letter", metadata: ["reason": "\(reason)"])
        return row.deadLetter(shard: shard, reason: "\(reason)", on: self.topics.deadLetters)
    }
}
