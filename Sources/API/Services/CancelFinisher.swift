import Logging
import Notifications
import Operations
import Postgres
import ServiceLifecycle
import Store

/// Decides the cancels that nobody finished, so that each ends in exactly one state (P1), and readers are told.
struct CancelFinisher: Service {
    private static let lookEvery: Duration = .seconds(5)
    private static let olderThanSeconds = 10.0
    private static let batch = 100

    let sent: Sent
    let changes: InboxChanges
    let directory: ServiceDirectory
    let deeds: Deeds
    let logger: Logger

    /// Runs until cancelled or shut down. Any number of replicas may: the first answer stays.
    func run() async throws {
        while !Task.isShuttingDownGracefully {
            do {
                try await self.finish()
            } catch let error as PostgresError {
                self.logger.debug("unfinished cancels were not looked at", error: error)
            }
            try await pause(for: Self.lookEvery)
        }
    }

    private func finish() async throws {
        let unfinished = try await FindUndecidedCancels.run(
            olderThan: Self.olderThanSeconds, limit: Self.batch, on: self.sent.pool)
        for (id, service) in unfinished {
            let decided = try await DecideCancel.run(id, of: service, shards: self.sent.shards, on: self.sent.pool)
            guard let decided else { continue }
            self.logger.about(id).info("a cancel was finished", metadata: ["answer": "\(decided.answer.rawValue)"])
            self.deeds.finished(id, decided, askedBy: self.directory.name(of: service))
            if let changed = decided.changed {
                await self.changes.announce(changed.userID, version: changed.version, logger: self.logger)
            }
        }
    }
}
