import Postgres

/// A backlog that the real poller drains.
struct PollerBacklog: Sendable {
    let rows: Int
    let fill: OutboxFill
    let poller: BenchDaemon

    /// - Returns: rows a second, from when all of them are due until the poller has published them.
    func drain(on pool: PostgresPool) async throws -> Double {
        // Due together, so that none is claimed before all are there.
        let ahead = max(2, Double(self.rows) / 10_000)
        let before = try await self.published()
        let clock = ContinuousClock()
        let due = clock.now + .seconds(ahead)
        try await self.fill.add(self.rows, dueIn: ahead, on: pool)
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
