import CoreMetrics
import Kafka
import Logging
import Notifications
import Operations
import Postgres
import Store
import Wire

/// Brings a batch of due notifications to their inboxes: committed in Postgres first, then announced, and only then may
/// the offsets be stored. A redelivery finds every decision made and changes nothing.
struct Delivering: Sendable {
    let inbox: InboxWriter
    let publisher: Publisher
    let deadLetterPublisher: DeadLetterPublisher
    let topics: Topics
    let metrics: DeliveryMetrics
    let logger: Logger

    /// - Returns: what is left to be done beside the next batch: those who watch their inboxes are told, and what could
    ///   not be delivered is put away.
    func begin(_ messages: [KafkaMessage]) async throws -> ConsumerLoop.Finish {
        var items: [InboxWriter.Item] = []
        var deadLetters: [KafkaRecord] = []
        for (place, message) in messages.enumerated() {
            do {
                let notification = try Notification(message)
                items.append(InboxWriter.Item(place: place, notification: notification, payload: message.value ?? []))
            } catch {
                deadLetters.append(self.deadLetter(message, reason: "\(error)"))
            }
        }
        let result = try await self.inbox.write(items)
        FailPoint.deliveryCommitted.pass(if: !items.isEmpty)
        deadLetters += result.poison.map { self.deadLetter(messages[$0.item.place], reason: "\($0.reason)") }
        return { [items, deadLetters] in try await self.finish(items, result, deadLetters) }
    }

    private func finish(
        _ items: [InboxWriter.Item], _ result: InboxWriter.Result, _ deadLetters: [KafkaRecord]
    ) async throws {
        let changes = try result.versions.map { user, version in
            KafkaRecord(
                topic: self.topics.inboxChanges, key: user,
                value: try InboxChange(userID: String(decoding: user, as: UTF8.self), version: version).encoded())
        }
        try await self.deadLetterPublisher.publish(deadLetters)
        for (index, reason) in try await self.publisher.publish(
            changes, what: "publishing changes", halfway: .deliveryPublishing)
        {
            // It is a user's id and a number: whatever refuses it takes nothing else either.
            self.logger.critical("a change is too large to publish", error: reason, metadata: ["index": "\(index)"])
        }
        // A line for each row, and one write for all of them.
        Logs.gathered { self.count(items, result, deadLetters: deadLetters.count) }
    }

    private func count(_ items: [InboxWriter.Item], _ result: InboxWriter.Result, deadLetters: Int) {
        let isLogged = self.logger.logLevel <= .debug
        let notifications = Dictionary(items.map { ($0.notification.id, $0.notification) }) { first, _ in first }
        for (written, committing) in result.written {
            guard let notification = notifications[written.id] else { continue }
            self.metrics.count(written.outcome)
            let late =
                written.decidedAt.microseconds - written.dueAt.microseconds
                + Int64(committing / .microseconds(1))
            if notification.isScheduled, written.isDelivered { self.metrics.lateness.recordMicroseconds(late) }
            guard isLogged else { continue }
            self.logger.about(written.id, trace: notification.trace?.traceID)
                .debug("\(written.outcome.state)", metadata: ["late_us": "\(late)"])
        }
        for item in result.retired {
            self.metrics.count(.expired)
            guard isLogged else { continue }
            self.logger.about(item.notification.id, trace: item.notification.trace?.traceID)
                .debug("expired", metadata: ["due": "\(item.notification.dueAt)", "row": "none"])
        }
        self.metrics.unchanged.increment(
            by: items.count - result.written.count - result.retired.count - result.poison.count)
        self.metrics.deadLettered.increment(by: deadLetters)
    }

    private func deadLetter(_ message: KafkaMessage, reason: String) -> KafkaRecord {
        self.logger.warning(
            "a delivery becomes a dead letter",
            metadata: ["reason": "\(reason)", "partition": "\(message.partition)", "offset": "\(message.offset)"])
        return DeadLetter.record(of: message, reason: reason, attempts: 1, on: self.topics.deadLetters)
    }
}
