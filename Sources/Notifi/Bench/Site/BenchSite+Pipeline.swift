import Postgres

extension BenchSite {
    /// All four, the API first in the list.
    func withAllDaemons<R: Sendable>(_ body: @escaping @Sendable ([BenchDaemon]) async throws -> R) async throws -> R {
        try await self.with(Daemon.allCases[...], running: [], body)
    }

    private func with<R: Sendable>(
        _ daemons: ArraySlice<Daemon>, running: [BenchDaemon],
        _ body: @escaping @Sendable ([BenchDaemon]) async throws -> R
    ) async throws -> R {
        guard let next = daemons.first else { return try await body(running) }
        return try await self.withDaemon(next) {
            try await self.with(daemons.dropFirst(), running: running + [$0], body)
        }
    }

    /// POSTs at a rate until every daemon has its part: consumers join their groups seconds after they are ready, and what
    /// lay ready by then would be measured as a burst.
    ///
    /// - Returns: how many are in the inboxes.
    func warmUp(_ api: BenchDaemon, rate: Double, _ pool: PostgresPool) async throws -> Int {
        let load = try await self.bench.openLoad(
            [api.ports.http ?? 0], rate: rate, duration: self.bench.duration(.seconds(2), quick: .seconds(1)),
            self.posts(1_000))
        let count = load.statuses[202] ?? 0
        try await self.waitForInbox(count, pool)
        return count
    }

    /// Until so many rows are in all inboxes.
    ///
    /// - Throws: ``CommandFailure`` where that takes more than a minute.
    func waitForInbox(_ count: Int, _ pool: PostgresPool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let there = try await pool.query("SELECT count(*) AS n FROM inbox")[0].decode("n", as: Int64.self)
            if there >= Int64(count) { return }
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(
                    "of \(count) notifications that were accepted, \(there) are in the inbox after 60 s")
            }
            // A count of so many rows takes a moment itself; this leaves the server to what is measured.
            try await ContinuousClock().sleep(for: .milliseconds(50))
        }
    }
}
