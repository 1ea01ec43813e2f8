import CoreMetrics
import Logging
import Notifications
import Operations
import Postgres
import ServiceLifecycle
import Store

/// Deletes what is old from the tables that have no partitions, some rows at a time.
struct Pruning: Sendable {
    /// One transaction's worth: well within the time that a statement may take.
    static let batch = 1_000

    let pool: PostgresPool
    let shards: Int32
    let logger: Logger

    private struct Step: Sendable {
        let table: String
        let prune: @Sendable () async throws -> Int
    }

    /// A stop ends it between two batches; the next look goes on.
    func run(_ cutoffs: RetentionCutoffs) async throws {
        for step in self.steps(cutoffs) {
            var count = 0
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                let pruned = try await step.prune()
                count += pruned
                if pruned < Self.batch { break }
            }
            guard count > 0 else { continue }
            RetentionMetrics.pruned(step.table).increment(by: count)
            self.logger.info("old rows were deleted", metadata: ["table": "\(step.table)", "rows": "\(count)"])
        }
    }

    private func steps(_ cutoffs: RetentionCutoffs) -> [Step] {
        let (pool, shards, limit) = (self.pool, self.shards, Self.batch)
        return [
            Step(table: "reschedules") {
                try await PruneReschedules.run(before: cutoffs.trails, limit: limit, shards: shards, on: pool)
            },
            Step(table: "cancellations") {
                try await PruneCancellations.run(before: cutoffs.tombstones, limit: limit, shards: shards, on: pool)
            },
            // After these two, which keep keys.
            Step(table: "idempotency_keys") {
                try await PruneIdempotencyKeys.run(before: cutoffs.trails, limit: limit, shards: shards, on: pool)
            },
            Step(table: "dead_letters") {
                try await PruneDeadLetters.run(before: cutoffs.deadLetters, limit: limit, on: pool)
            },
            Step(table: "inbox_requests") {
                try await PruneInboxRequests.run(before: cutoffs.minutes, limit: limit, on: pool)
            },
            Step(table: "token_usage") {
                try await PruneTokenUsage.run(before: cutoffs.minutes, limit: limit, on: pool)
            },
        ]
    }
}
