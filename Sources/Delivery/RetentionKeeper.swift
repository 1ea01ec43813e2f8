import Logging
import Notifications
import Operations
import Postgres
import ServiceLifecycle
import Store

/// Keeps the inbox in the background: partitions made ahead, old ones dropped, old rows of other tables deleted, and
/// erasures brought to their end. Of all replicas one at a time does the work; the others look again later.
struct RetentionKeeper: Service {
    /// After a look that could not do all it should: whoever was in the way may soon be gone.
    private static let again: Duration = .seconds(60)

    let configuration: PostgresConfiguration
    let interval: Duration
    let work: RetentionWork
    let logger: Logger

    func run() async throws {
        while !Task.isShuttingDownGracefully {
            do {
                let isComplete = try await retryForever(
                    "looking after the inbox", logger: self.logger, isRetriable: { !$0.isOfAStop }
                ) {
                    try await cancelWhenGracefulShutdown { try await self.look() }
                }
                try await pause(for: isComplete ? self.interval : min(self.interval, Self.again))
            } catch  where Task.isShuttingDownGracefully && !Task.isCancelled {
                // What was left half is taken up by the next look.
                return
            }
        }
    }

    /// - Returns: whether all was done, by this replica or another one.
    private func look() async throws -> Bool {
        try await KeeperSession.run(self.configuration, logger: self.logger) { session in
            try await self.work.run(on: session)
        } ?? true
    }
}

extension Error {
    /// A statement, or whatever waited, was cut short.
    fileprivate var isOfAStop: Bool { self is CancellationError || (self as? PostgresError)?.code == .cancelled }
}
