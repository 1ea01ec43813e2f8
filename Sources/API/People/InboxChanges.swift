import CoreMetrics
import Kafka
import Logging
import Operations
import Synchronization
import Wire

/// Tells this replica and the others that a user's inbox changed.
final class InboxChanges: Sendable {
    private let versions: InboxVersions
    private let producer: KafkaProducer
    private let topic: String
    private let waiting: Mutex<UnannouncedChanges>
    private let shown: Gauge
    private let dropped: Counter

    /// - Parameter limit: at most so many users wait; see `UnannouncedChanges`.
    init(versions: InboxVersions, producer: KafkaProducer, topics: Topics, limit: Int = 10_000) {
        self.versions = versions
        self.producer = producer
        self.topic = topics.inboxChanges
        self.waiting = Mutex(UnannouncedChanges(limit: limit))
        self.shown = Metric("inbox_changes_waiting", help: "Users whose change could not be announced yet.").gauge()
        self.dropped = Metric("inbox_changes_dropped", help: "Changes that were not announced, for too many waited.")
            .counter()
    }

    /// Waits for the report within the producer's bound. The change is committed already: where Kafka is away it is seen
    /// all the same, only later; it then waits for `announceWaiting`.
    func announce(_ userID: String, version: Int64, logger: Logger) async {
        self.versions.changed(UserKey(userID), version: version)
        do {
            _ = try await self.producer.send(try self.record(userID, version))
        } catch {
            logger.warning("a change could not be announced and is tried again", error: error)
            self.keep(userID, version)
        }
    }

    /// Tries those that wait once more, the longest waiting first. Those that fail wait on.
    ///
    /// - Returns: true where as many as `limit` were announced, so that more may be waiting.
    func announceWaiting(limit: Int, logger: Logger) async throws -> Bool {
        let changes = self.waiting.withLock { $0.take(limit) }
        guard !changes.isEmpty else { return false }
        let outcomes = await self.producer.send(try changes.map { try self.record($0.userID, $0.version) })
        var failures = 0
        for (change, outcome) in zip(changes, outcomes) {
            guard case .failure(let error) = outcome else { continue }
            failures += 1
            if failures == 1 { logger.debug("changes could not be announced yet", error: error) }
            self.keep(change.userID, change.version)
        }
        let count = self.waiting.withLock { $0.count }
        self.shown.record(count)
        guard failures < changes.count else { return false }
        logger.info(
            "changes were announced after all",
            metadata: ["announced": "\(changes.count - failures)", "waiting": "\(count)"])
        return failures == 0 && changes.count == limit
    }

    private func keep(_ userID: String, _ version: Int64) {
        let (isKept, count) = self.waiting.withLock { ($0.note(userID, version: version), $0.count) }
        self.shown.record(count)
        if !isKept { self.dropped.increment() }
    }

    private func record(_ userID: String, _ version: Int64) throws -> KafkaRecord {
        KafkaRecord(
            topic: self.topic, key: Array(userID.utf8),
            value: try InboxChange(userID: userID, version: version).encoded())
    }
}
