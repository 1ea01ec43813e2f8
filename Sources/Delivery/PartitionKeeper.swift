import Logging
import Notifications
import Operations
import Postgres
import ServiceLifecycle
import Store

/// Makes the inbox partitions of this week and the next ahead of time, so that a delivery seldom meets a missing one.
struct PartitionKeeper: Service {
    private static let lookEvery: Duration = .seconds(3_600)

    let pool: PostgresPool
    let logger: Logger

    func run() async throws {
        while !Task.isShuttingDownGracefully {
            do {
                try await retryForever("making inbox partitions", logger: self.logger, isRetriable: { _ in true }) {
                    let week = Week(of: .now)
                    try await CreateInboxPartition.run(week, on: self.pool)
                    try await CreateInboxPartition.run(week.next, on: self.pool)
                }
            } catch  where Task.isShuttingDownGracefully && !Task.isCancelled {
                return
            }
            try await pause(for: Self.lookEvery)
        }
    }
}
