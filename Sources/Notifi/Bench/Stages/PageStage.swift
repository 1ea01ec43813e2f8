/// Reads of an inbox that has changed: a page of 20 rows, from Postgres.
struct PageStage: BenchStage {
    let name = "page"

    private static let rows = 20
    /// As many as the API holds open by default.
    private static let connections = 4
    /// No version that there is.
    private static let oldETag = "\"0-none\""

    func measure(_ bench: Bench) async throws -> StageReport {
        let users = bench.size(5_000, quick: 500)
        let runs = try await bench.eachRun(self.name) { _ in
            try await bench.withSite { site in
                try await site.fillInboxes(users: users, rows: Self.rows)
                let sessions = try await site.sessions(users)
                let ceiling = try await Pgbench(url: site.postgresURL, folder: bench.folder).run(
                    Self.script(users: users), clients: Self.connections,
                    duration: bench.duration(.seconds(5), quick: .seconds(1)))
                // The limit of a user is not what is measured.
                let environment = ["NOTIFI_HTTP_INBOX_REQUESTS_PER_MINUTE": "100000"]
                return try await site.withDaemon(.api, environment: environment) { api in
                    let (ports, memory) = ([api.ports.http ?? 0], try MemoryWatch(api))
                    let pages = sessions.map { BenchSite.unread($0, etag: Self.oldETag) }
                    try await bench.warmUp(ports) { pages[$0 % pages.count] }
                    let outcome = try await bench.closedLoad(ports) { pages[$0 % pages.count] }
                    return (ceiling.transactionsPerSecond, outcome, try memory.reading())
                }
            }
        }
        var report = StageReport(figures: [
            Figure(
                name: "poll of a changed inbox (\(Self.rows) rows)", unit: .perSecond,
                series: Series(runs.map { $0.1.rate(of: 200) }),
                ceiling: Figure.Ceiling(
                    name: "pgbench, the page by its index, \(Self.connections) connections",
                    series: Series(runs.map(\.0))),
                goal: .share(0.5)),
            Figure(
                name: "poll of a changed inbox, p99 at 32 connections", unit: .milliseconds,
                series: Series(runs.map { $0.1.milliseconds(0.99) })),
        ])
        report.figures += MemoryWatch.figures(runs.map { [$0.2] }, under: "changed polls")
        for (_, outcome, _) in runs { report.warnings += outcome.warnings("changed polls", wanted: 200) }
        return report
    }

    /// The rows alone, by `inbox_unread (user_id, seq DESC)`: without the version, the cancellations and the count of a
    /// user's requests, which the API's statement has too.
    private static func script(users: Int) -> String {
        """
        \\set user random(0, \(users - 1))
        SELECT i.* FROM inbox i
        WHERE i.user_id = 'user-' || :user::text AND i.state = 'delivered' AND i.read_at IS NULL AND i.archived_at IS NULL
        ORDER BY i.seq DESC LIMIT \(Self.rows);
        """
    }
}
