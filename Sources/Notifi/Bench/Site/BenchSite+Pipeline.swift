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
