import Logging
import Operations
import ServiceLifecycle

/// Announces what could not be announced at once: without it, other replicas would confirm the page of before until their
/// entry ends.
struct ChangeAnnouncer: Service {
    private static let lookEvery: Duration = .seconds(1)
    private static let batch = 1_000

    let changes: InboxChanges
    let logger: Logger

    /// Runs until cancelled or shut down. What waits then is lost.
    func run() async throws {
        while !Task.isShuttingDownGracefully {
            while try await self.changes.announceWaiting(limit: Self.batch, logger: self.logger) {}
            try await pause(for: Self.lookEvery)
        }
    }
}
