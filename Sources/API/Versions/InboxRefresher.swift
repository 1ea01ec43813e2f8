import Logging
import Operations
import Postgres
import ServiceLifecycle

/// Keeps the versions of those who poll in memory: each is asked for anew before its time is over, many in one query,
/// so that a poll that finds nothing changed costs Postgres nothing.
struct InboxRefresher: Service {
    private static let lookEvery: Duration = .seconds(1)
    private static let batch = 1_000

    let versions: InboxVersions
    let logger: Logger

    /// Runs until cancelled or shut down.
    func run() async throws {
        while !Task.isShuttingDownGracefully {
            do {
                while try await self.versions.refresh(limit: Self.batch) == Self.batch {}
            } catch let error as PostgresError {
                // They end in time then, and whoever polls asks for their own.
                self.logger.debug("versions were not refreshed", error: error)
            }
            try await pause(for: Self.lookEvery)
        }
    }
}
