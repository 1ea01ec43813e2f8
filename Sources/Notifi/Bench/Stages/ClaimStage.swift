/// What Postgres itself can do of the poller's work, with and without a snapshot held open elsewhere.
struct ClaimStage: BenchStage {
    let name = "claim"

    func measure(_ bench: Bench) async throws -> StageReport {
        let count = bench.size(200_000, quick: 10_000)
        let runs = try await bench.eachRun("claim") { _ in
            try await bench.withSite(partitions: 1) { site in
                let first = try await site.fillOutbox(count)
                let free = try await ClaimCeiling.measure(site, count: count, firstDue: first)
                let second = try await site.fillOutbox(count)
                let held = try await site.withSnapshot(held: true) {
                    try await ClaimCeiling.measure(site, count: count, firstDue: second)
                }
                return (free, held)
            }
        }
        let free = Series(runs.map(\.0))
        return StageReport(figures: [
            Figure(name: "claim by pgbench", unit: .perSecond, series: free),
            Figure(
                name: "claim by pgbench, a snapshot held open", unit: .perSecond, series: Series(runs.map(\.1)),
                ceiling: Figure.Ceiling(name: "without", series: free), goal: .share(0.9)),
        ])
    }
}
