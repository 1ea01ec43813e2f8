import CoreMetrics
import Kafka
import Logging
import Notifications
import Operations
import Postgres
import Store
import Wire

/// Brings erasures to their end: sweeps a minute or more after they began, for what the first sweep could not meet or
/// whoever began it died; and once more when the topics hold nothing of before any more.
struct Erasing: Sendable {
    private static let atOnce = 1_000

    let pool: PostgresPool
    let publisher: Publisher
    let topics: Topics
    let metrics: RetentionMetrics
    let logger: Logger

    func run(at now: Instant, on session: PostgresConnection) async throws {
        let due = try await FindDueErasures.run(at: now, limit: Self.atOnce, on: session)
        guard !due.isEmpty else { return }
        let erasures = Dictionary(due.map { ($0.userHash, $0) }) { first, _ in first }
        for (userID, hash) in try await FindErasedUsers.run(due.map(\.userHash), on: session) {
            guard let erasure = erasures[hash] else { continue }
            let swept = try await SweepUser.run(userID, upTo: erasure.erasedAt, on: self.pool)
            if let version = swept.version { try await self.announce(userID, version) }
            self.logger.info("an erased user was swept again", metadata: ["rows": "\(swept.removed.total)"])
        }
        for erasure in due {
            try await NoteSweep.run(erasure, on: self.pool)
            self.metrics.swept.increment()
        }
    }

    private func announce(_ userID: String, _ version: Int64) async throws {
        let change = KafkaRecord(
            topic: self.topics.inboxChanges, key: Array(userID.utf8),
            value: try InboxChange(userID: userID, version: version).encoded())
        _ = try await self.publisher.publish([change], what: "publishing changes")
    }
}
