import Notifications
import Operations
import Postgres

/// A backlog that the real poller drains.
struct PollerBacklog: Sendable {
    let rows: Int
    let fill: OutboxFill
    let poller: BenchDaemon

    /// - Returns: rows a second, from when they are due until the poller has published them.
    func drain(on pool: PostgresPool) async throws -> Double {
        // Due together, or nearly so: far sooner one after the other than they can be claimed. None before all are there.
        let ahead = Int64(max(2, self.rows / 10_000))
        let before = try await self.published()
        let clock = ContinuousClock()
        let due = clock.now + .seconds(ahead)
        try await self.fill.add(self.rows, firstDue: .now.advanced(bySeconds: ahead), on: pool)
        guard clock.now < due else { throw CommandFailure("the backlog took longer than \(ahead) s to write") }
        try await clock.sleep(until: due)
        let deadline = due + .seconds(300)
        while try await self.published() < before + Double(self.rows) {
            guard clock.now < deadline else { throw CommandFailure("the backlog was not drained within 300 s") }
            try await Task.sleep(for: .milliseconds(20))
        }
        return Double(self.rows) / ((clock.now - due) / .seconds(1))
    }

    private func published() async throws -> Double {
        try await self.poller.metric("notifi_poller_published_total") ?? 0
    }
}
