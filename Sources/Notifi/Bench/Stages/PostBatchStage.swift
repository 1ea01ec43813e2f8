import Wire

/// POSTs of a hundred notifications each. The answer is a 200 that tells of each item, so what was stored is what counts.
struct PostBatchStage: BenchStage {
    let name = "post-batch"

    private static let size = 100

    func measure(_ bench: Bench) async throws -> StageReport {
        let runs = try await bench.eachRun(self.name) { _ in
            try await bench.withSite(partitions: 128) { site in
                let requests = site.batches(bench.size(500, quick: 50), of: Self.size)
                return try await site.withDaemon(.api) { api in
                    let (ports, memory) = ([api.ports.http ?? 0], try MemoryWatch(api))
                    try await bench.warmUp(ports, requests)
                    let before = try await site.lag(group: "count", topic: site.topics.requests)
                    let outcome = try await bench.closedLoad(ports, connections: 16, requests)
                    let after = try await site.lag(group: "count", topic: site.topics.requests)
                    return (outcome, after - before, try memory.reading())
                }
            }
        }
        var report = StageReport(figures: [
            Figure(
                name: "POST of batches of \(Self.size), notifications", unit: .perSecond,
                series: Series(runs.map { $0.0.rate(of: 200) * Double(Self.size) }), goal: .atLeast(30_000)),
            Figure(
                name: "POST of batches of \(Self.size), p99 of a batch", unit: .milliseconds,
                series: Series(runs.map { $0.0.milliseconds(0.99) })),
        ])
        report.figures += MemoryWatch.figures(runs.map { [$0.2] }, under: "batches")
        for (outcome, stored, _) in runs {
            report.warnings += outcome.warnings("POST of batches", wanted: 200)
            report.warnings += PostStage.countWarnings(
                "POST of batches", accepted: (outcome.statuses[200] ?? 0) * Self.size, stored: stored)
        }
        return report
    }
}
