import CoreMetrics
import Kafka
import Logging
import Notifications
import Operations
import Postgres
import Store
import Wire

/// Sends batches of requests where each belongs.
struct Routing: Sendable {
    let publisher: Publisher
    let deadLetterPublisher: DeadLetterPublisher
    let pool: PostgresPool
    let lanes: Lanes
    let topics: Topics
    let shards: Int32
    let metrics: RouterMetrics
    let logger: Logger

    /// Pollers look again within a second; what is due sooner is worth waking them.
    private static let wakeHorizonSeconds: Int64 = 2

    /// The order within a user is kept: repeats are decided first, in order, and deliveries are handed over in order,
    /// before anything of the next batch is.
    ///
    /// - Returns: what is left to be done beside the next batch: when it has returned, all of this one is durable.
    func begin(_ messages: [KafkaMessage]) async throws -> ConsumerLoop.Finish {
        var plan = RoutingPlan(messages)
        var deadLetters = plan.unreadable.map { self.deadLetter($0.message, reason: "\($0.reason)") }
        for (request, reason) in try await self.dropRepeats(from: &plan) {
            deadLetters.append(self.deadLetter(request.message, reason: "\(reason)"))
        }
        let (now, scheduled) = plan.byRoute
        let deliveries = await self.publisher.begin(
            now.map { $0.delivery(on: self.topics.deliveries) }, halfway: .routerPublishing)
        return { [deadLetters] in
            try await self.finish(now, deliveries, scheduled, deadLetters)
        }
    }

    private func finish(
        _ now: [RoutingPlan.Request], _ deliveries: Publisher.Begun, _ scheduled: [RoutingPlan.Request],
        _ deadLetters: [KafkaRecord]
    ) async throws {
        var deadLetters = deadLetters
        for (request, reason) in try await self.store(scheduled) {
            deadLetters.append(self.deadLetter(request.message, reason: "\(reason)"))
        }
        for (index, reason) in try await self.publisher.finish(deliveries, what: "publishing deliveries") {
            deadLetters.append(self.deadLetter(now[index].message, reason: "\(reason)"))
        }
        FailPoint.routerPublished.pass(if: !now.isEmpty)
        try await self.deadLetterPublisher.publish(deadLetters)
        self.metrics.now.increment(by: now.count)
        self.metrics.outbox.increment(by: scheduled.count)
        self.metrics.deadLetters.increment(by: deadLetters.count)
        self.logRouted(now + scheduled)
    }

    private func logRouted(_ requests: [RoutingPlan.Request]) {
        // A logger for each of them is made only where its line is written.
        guard self.logger.logLevel <= .debug else { return }
        for request in requests {
            let notification = request.notification
            self.logger.about(notification.id, trace: notification.trace?.traceID)
                .debug("routed", metadata: ["route": "\(request.route)"])
        }
    }

    /// - Returns: what Postgres will never take; it has left the plan as well.
    private func dropRepeats(
        from plan: inout RoutingPlan
    ) async throws -> [(item: RoutingPlan.Request, reason: PostgresError)] {
        let keyed = plan.keyedRequests
        var isFirst = [Bool](repeating: false, count: keyed.count)
        let poison = try await storeBisecting(Array(keyed.indices)) { places in
            let verdicts = try await self.untilStored("looking up idempotency keys", count: places.count) {
                try await ClaimIdempotencyKeys.run(places.map { keyed[$0].notification }, on: self.pool)
            }
            for (place, verdict) in zip(places, verdicts) { isFirst[place] = verdict }
        }
        FailPoint.routerKeysClaimed.pass(if: !keyed.isEmpty)
        plan.keep(isFirst)
        self.metrics.repeats.increment(by: isFirst.count { !$0 } - poison.count)
        return poison.map { (keyed[$0.item], $0.reason) }
    }

    /// - Returns: what Postgres will never take.
    private func store(
        _ scheduled: [RoutingPlan.Request]
    ) async throws -> [(item: RoutingPlan.Request, reason: PostgresError)] {
        try await self.lanes.write(scheduled, by: \.notification.id) { try await self.storePart($0) }.flatMap(\.self)
    }

    private func storePart(
        _ scheduled: [RoutingPlan.Request]
    ) async throws -> [(item: RoutingPlan.Request, reason: PostgresError)] {
        try await storeBisecting(scheduled) { part in
            let rows = part.map { request in
                InsertOutbox.Row(
                    notification: request.notification, payload: request.message.value ?? [],
                    shard: request.notification.id.shard(of: self.shards))
            }
            try await self.untilStored("storing scheduled notifications", count: part.count) {
                try await self.pool.transaction { connection in
                    // What is not new was cancelled, or is a redelivery; only the first needs its record kept.
                    let stored = try await InsertOutbox.run(rows, on: connection)
                    if stored.count < rows.count {
                        try await RecordCancelled.run(
                            rows.map { ($0.notification, $0.payload) }, on: connection)
                    }
                    let horizon = stored.now.advanced(bySeconds: Self.wakeHorizonSeconds)
                    if let wake = Wake(of: rows.map { ($0.shard, $0.notification.dueAt) }, before: horizon) {
                        try await WakePollers.run(wake, on: connection)
                    }
                    FailPoint.routerOutboxWritten.pass()
                }
            }
            FailPoint.routerOutboxCommitted.pass()
        }
    }

    private func untilStored<Success: Sendable>(
        _ what: String, count: Int, _ operation: () async throws -> sending Success
    ) async throws -> sending Success {
        try await retryForever(
            what, logger: self.logger,
            isRetriable: { !(($0 as? PostgresError)?.asksForFewer(than: count) ?? false) }, operation)
    }

    private func deadLetter(_ message: KafkaMessage, reason: String) -> KafkaRecord {
        self.logger.warning(
            "a request becomes a dead letter",
            metadata: ["reason": "\(reason)", "partition": "\(message.partition)", "offset": "\(message.offset)"])
        return DeadLetter.record(of: message, reason: reason, attempts: 1, on: self.topics.deadLetters)
    }
}
