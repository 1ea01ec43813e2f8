import NIOCore
import Postgres

/// From a POST to its being visible in the inbox, at several loads, and where that time goes.
struct LatencyStage: BenchStage {
    let name = "latency"

    /// Of what all four daemons together were seen to carry.
    private static let shares = [0.1, 0.25, 0.5, 0.75]
    private static let half = 2

    private struct Run: Sendable {
        let maximum: Double
        /// By the loads.
        let hops: [Hops]
        let loads: [LoadOutcome]
        let memory: [MemoryWatch.Reading]
    }

    func measure(_ bench: Bench) async throws -> StageReport {
        Self.report(try await bench.eachRun(self.name) { _ in try await Self.run(bench) })
    }

    private static func run(_ bench: Bench) async throws -> Run {
        let (maximum, memory) = try await self.withDaemons(bench) { pipeline, pool in
            let watches = try pipeline.all.map(MemoryWatch.init)
            let maximum = try await self.maximum(pipeline, on: pool)
            return (maximum, try watches.map { try $0.reading() })
        }
        var (hops, loads): ([Hops], [LoadOutcome]) = ([], [])
        for share in self.shares {
            let (hop, load) = try await self.withDaemons(bench) { pipeline, pool in
                try await self.visible(at: maximum * share, pipeline, on: pool)
            }
            hops.append(hop)
            loads.append(load)
        }
        return Run(maximum: maximum, hops: hops, loads: loads, memory: memory)
    }

    /// Few partitions, since each has its own requests to produce and its part of every fetch; and each load has topics of
    /// its own: the embedded broker looks through all that it holds of a partition for what a fetch asks for, so that it
    /// would be slower with each load.
    private static func withDaemons<R: Sendable>(
        _ bench: Bench, _ body: @escaping @Sendable (BenchPipeline, PostgresPool) async throws -> R
    ) async throws -> R {
        try await bench.withSite(partitions: 8) { site in
            try await site.withDaemons { pipeline in
                try await site.withPool { try await body(pipeline, $0) }
            }
        }
    }

    private static func requests(_ site: BenchSite) -> @Sendable (Int) -> ByteBuffer {
        site.posts(site.bench.size(BenchTraffic.defaultUsers, quick: 5_000))
    }

    /// POSTs a second, until all of them are in the inbox.
    private static func maximum(_ pipeline: BenchPipeline, on pool: PostgresPool) async throws -> Double {
        let site = pipeline.site
        let requests = self.requests(site)
        var (count, maximum) = (0, 0.0)
        // The first time is for warming up.
        for _ in 1...2 {
            let began = ContinuousClock.now
            let outcome = try await HTTPLoad(
                ports: [pipeline.port], pattern: .closed, duration: .seconds(60),
                most: site.bench.size(20_000, quick: 500), request: requests
            ).run()
            count += outcome.statuses[202] ?? 0
            try await site.waitForInbox(count, on: pool)
            maximum = Double(outcome.statuses[202] ?? 0) / ((ContinuousClock.now - began) / .seconds(1))
        }
        return maximum
    }

    private static func visible(
        at rate: Double, _ pipeline: BenchPipeline, on pool: PostgresPool
    ) async throws -> (Hops, LoadOutcome) {
        let site = pipeline.site
        let bench = site.bench
        let duration = bench.duration(.seconds(10), quick: .seconds(1))
        let requests = self.requests(site)
        let warm = try await site.warmUp(pipeline, rate: rate, on: pool)
        let probe = try await VisibilityProbe.prepare("watch", on: pipeline, duration: duration)
        async let seen = probe.run()
        let load = try await bench.openLoad([pipeline.port], rate: rate, duration: duration, requests)
        let samples = try await seen
        try await site.waitForInbox(warm + (load.statuses[202] ?? 0) + samples.count, on: pool)
        let trails = try await Hops.trails(of: "watch-", on: site, pool)
        let hops = samples.reduce(into: Hops()) { $0.record($1, trails[$1.user]) }
        return (hops, load)
    }

    private static func report(_ runs: [Run]) -> StageReport {
        func series(_ place: Int, _ share: Double) -> Series {
            Series(runs.map { Double($0.hops[place].all.quantile(share) ?? 0) / 1_000 })
        }
        let maximum = Series(runs.map(\.maximum))
        var report = StageReport(figures: [
            Figure(name: "POST to inbox, all four daemons", unit: .perSecond, series: maximum),
            Figure(
                name: "POST to visible at half of that, p50", unit: .milliseconds, series: series(Self.half, 0.5),
                goal: .atMost(15)),
            Figure(
                name: "POST to visible at half of that, p99", unit: .milliseconds, series: series(Self.half, 0.99),
                goal: .atMost(75)),
        ])
        let curves = [("p50", 0.5), ("p99", 0.99)].map { name, quantile in
            CurveChart.Curve(
                name: name,
                points: Self.shares.enumerated().map { place, share in
                    CurveChart.Point(load: maximum.median * share, milliseconds: series(place, quantile).median)
                })
        }
        report.curves.append(
            (
                "latency",
                CurveChart(
                    title: "POST to visible in the inbox, by load", curves: curves,
                    goals: [CurveChart.Goal(name: "p50", milliseconds: 15), .init(name: "p99", milliseconds: 75)])
            ))
        report.details.append(Self.table(runs, maximum: maximum.median))
        report.figures += MemoryWatch.figures(runs.map(\.memory), under: "POST to inbox")
        for run in runs {
            for (share, load) in zip(Self.shares, run.loads) {
                report.warnings += load.warnings("POSTs at \(Int(share * 100))% of the most", wanted: 202)
            }
        }
        return report
    }

    /// All runs together.
    private static func table(_ runs: [Run], maximum: Double) -> String {
        let loads = Self.shares.map { "\(MarkdownReport.number(maximum * $0, .perSecond)) (\(Int($0 * 100))%)" }
        let parts = Self.shares.indices.map { place in
            runs.reduce(into: Hops()) { $0.merge($1.hops[place]) }.steps
        }
        var lines = [
            "### Where the time goes: p50 / p99 in ms, by load", "",
            "| | \(loads.joined(separator: " | ")) |", "|---|\(loads.map { _ in "---:" }.joined(separator: "|"))|",
        ]
        for step in parts[0].indices {
            let cells = parts.map { "\($0[step].time.text(0.5)) / \($0[step].time.text(0.99))" }
            lines.append("| \(parts[0][step].name) | \(cells.joined(separator: " | ")) |")
        }
        return lines.joined(separator: "\n")
    }
}

extension HdrHistogram {
    /// Of microseconds, in ms.
    fileprivate func text(_ share: Double) -> String {
        self.quantile(share).map { MarkdownReport.digits(Double($0) / 1_000) } ?? "-"
    }
}
