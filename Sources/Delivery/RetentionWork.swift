import CoreMetrics
import Logging
import Notifications
import Operations
import Postgres
import Store

/// What a look after the inbox does, in the order of its importance.
struct RetentionWork: Sendable {
    let pool: PostgresPool
    let settings: RetentionPlan.Settings
    let pruning: Pruning
    let erasing: Erasing
    let metrics: RetentionMetrics
    let logger: Logger

    /// - Parameter session: outside of a transaction, prepared by `KeeperSession`.
    /// - Returns: false where something could not be done, and should be tried again soon.
    func run(on session: PostgresConnection) async throws -> Bool {
        let view = try await LookAtRetention.run(now: { .now }, on: session)
        let plan = RetentionPlan(view, self.settings)
        self.tell(plan.hold)
        try await NoteLook.run(plan.look, on: session)
        let partitions = PartitionWork(
            session: session, pool: self.pool, metrics: self.metrics, logger: self.logger)
        let isDone = try await partitions.run(plan.actions)
        guard let cutoffs = plan.cutoffs else { return isDone }
        // What people are owed comes before what only takes up room.
        try await self.erasing.run(at: cutoffs.now, on: session)
        try await self.pruning.run(cutoffs)
        return isDone
    }

    private func tell(_ hold: RetentionPlan.Hold?) {
        guard let hold else { return }
        self.metrics.held(hold).increment()
        switch hold {
        case .firstLook, .settling:
            self.logger.info("retention holds until the clocks have been steady for one interval")
        case .clockJumped(let seconds):
            self.logger.warning(
                "the clock has jumped since the last look: retention holds for one interval",
                metadata: ["seconds": "\(seconds)"])
        case .clocksApart(let seconds):
            self.logger.warning(
                "the clocks of Postgres and of this machine are far apart: retention holds",
                metadata: ["seconds": "\(seconds)"])
        case .defaultPartition(let name):
            self.logger.warning(
                "the inbox has a DEFAULT partition: nothing can be detached", metadata: ["table": "\(name)"])
        }
    }
}
