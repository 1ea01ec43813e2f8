import CoreMetrics
import Logging
import Notifications
import Operations
import Postgres
import Store

/// Carries out what a plan says about partitions. One that fails leaves the others to be done.
struct PartitionWork: Sendable {
    let session: PostgresConnection
    let pool: PostgresPool
    let metrics: RetentionMetrics
    let logger: Logger

    /// - Returns: false where something failed.
    func run(_ actions: [RetentionPlan.Action]) async throws -> Bool {
        var failed: Set<InboxPartition> = []
        // Postgres takes no second partition from the same table while one is pending.
        var isStuck = false
        var isDone = true
        for action in actions {
            switch action {
            case .detach where isStuck: continue
            case .drop(let partition) where failed.contains(partition): continue
            case .reattach(let partition) where failed.contains(partition): continue
            default: break
            }
            do {
                try await self.run(action)
            } catch let error as PostgresError where error.code == .server {
                isDone = false
                self.logger.warning("\(action.what) failed", error: error, metadata: ["table": "\(action.table)"])
                switch action {
                case .finishDetach(let partition):
                    isStuck = true
                    failed.insert(partition)
                case .detach(let partition):
                    failed.insert(partition)
                    await self.unmark(partition)
                    // One that is somebody else's table, say, is no reason to keep the others.
                    isStuck = try await ListInboxPartitions.run(on: self.session).contains {
                        $0.attachment == .pending
                    }
                default: break
                }
            }
            // What was skipped is skipped with it.
            if isStuck { isDone = false }
        }
        return isDone
    }

    /// Where the detaching did not even begin, the mark that came before it would outlast it.
    private func unmark(_ partition: InboxPartition) async {
        do {
            try await KeepPartition.run(partition, on: self.session)
        } catch {
            // The next look tries again.
            self.logger.debug("a mark was left", error: error, metadata: ["table": "\(partition.name)"])
        }
    }

    private func run(_ action: RetentionPlan.Action) async throws {
        switch action {
        case .create(let week):
            guard try await !CreateInboxPartition.run(week, on: self.pool).isEmpty else { return }
            self.metrics.created.increment()
        case .finishDetach(let partition):
            try await FinishDetach.run(partition, on: self.session)
        case .reattach(let partition):
            try await ReattachPartition.run(partition, on: self.session)
            self.metrics.reattached.increment()
        case .keep(let partition):
            guard try await KeepPartition.run(partition, on: self.session) else { return }
        case .detach(let partition):
            try await DetachPartition.run(partition, on: self.session)
        case .drop(let partition):
            guard try await DropPartition.run(partition, on: self.session) else { return }
            self.metrics.dropped.increment()
        }
        self.logger.info("\(action.what)", metadata: ["table": "\(action.table)"])
    }
}

extension RetentionPlan.Action {
    fileprivate var what: String {
        switch self {
        case .create: "making an inbox partition"
        case .finishDetach: "finishing to detach an inbox partition"
        case .reattach: "attaching an inbox partition again"
        case .keep: "keeping an inbox partition that was to be detached"
        case .detach: "detaching an old inbox partition"
        case .drop: "dropping an old inbox partition"
        }
    }

    fileprivate var table: String {
        switch self {
        case .create(let week): week.partitionName
        case .finishDetach(let partition), .reattach(let partition), .keep(let partition), .detach(let partition),
            .drop(let partition):
            partition.name
        }
    }
}
