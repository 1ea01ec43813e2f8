import Foundation

/// Pollers that drain a backlog of due rows into `deliveries`, against the bare claim on the same table.
struct PollerStage: BenchStage {
    let name = "poller"

    /// What a run drains, and with what.
    private struct Load: Sendable {
        let name: String
        let count: Int
        var replicas = 1
        var shards = 1
        var isSnapshotHeld = false
    }

    private struct Outcome: Sendable {
        let ceiling: Double
        let rate: Double
        /// Of the first tenth and of the last one.
        let first: Double
        let last: Double
        let usage: ProcessUsage
    }

    func measure(_ bench: Bench) async throws -> StageReport {
        let backlog = bench.size(200_000, quick: 30_000)
        let one = Load(name: "poller", count: bench.size(1_000_000, quick: 30_000))
        let whole = try await self.measure(one, bench)
        var report = self.report(one, whole)
        let tenth = whole.map { ($0.last, $0.first) }
        report.figures.append(
            Figure(
                name: "poller: the last tenth of the backlog", unit: .perSecond, series: Series(tenth.map(\.0)),
                ceiling: Figure.Ceiling(name: "the first tenth", series: Series(tenth.map(\.1))), goal: .share(0.9)))
        report.add(
            try await self.compared(
                Load(name: "poller", count: backlog),
                Load(name: "poller, a snapshot held open", count: backlog, isSnapshotHeld: true), goal: 0.9, bench))
        for shards in [1, 4] {
            let of = shards == 1 ? "on one shard" : "on \(shards) shards"
            report.add(
                try await self.compared(
                    Load(name: "one poller \(of)", count: backlog, shards: shards),
                    Load(name: "two pollers \(of)", count: backlog, replicas: 2, shards: shards), goal: 1, bench))
        }
        return report
    }

    private func report(_ load: Load, _ runs: [Outcome]) -> StageReport {
        let usage = runs.map(\.usage)
        return StageReport(
            figures: [
                Figure(
                    name: "\(load.name), draining \(load.count)", unit: .perSecond, series: Series(runs.map(\.rate)),
                    ceiling: Figure.Ceiling(name: "claim by pgbench", series: Series(runs.map(\.ceiling))),
                    goal: .share(0.4)),
                Figure(
                    name: "\(load.name): memory", unit: .mebibytes, series: Series(usage.map(\.residentMebibytes)),
                    goal: .atMost(200)),
            ],
            details: [
                "\(load.name): "
                    + usage.map { String(format: "%.2f s of CPU for %d rows", $0.cpuSeconds, load.count) }
                    .joined(separator: ", ") + "."
            ])
    }

    /// The second load against the first, run by run.
    private func compared(_ base: Load, _ load: Load, goal: Double, _ bench: Bench) async throws -> StageReport {
        let runs = try await bench.eachRun(load.name) { _ in
            (try await self.drain(base, bench).rate, try await self.drain(load, bench).rate)
        }
        return StageReport(figures: [
            Figure(
                name: load.name, unit: .perSecond, series: Series(runs.map(\.1)),
                ceiling: Figure.Ceiling(name: base.name, series: Series(runs.map(\.0))), goal: .share(goal))
        ])
    }

    private func measure(_ load: Load, _ bench: Bench) async throws -> [Outcome] {
        try await bench.eachRun(load.name) { _ in try await self.drain(load, bench) }
    }

    /// The ceiling first, on a part of the very rows; of one shard alone.
    private func drain(_ load: Load, _ bench: Bench) async throws -> Outcome {
        try await bench.withSite(partitions: 128) { site in
            let part = load.shards == 1 ? max(ClaimCeiling.batchSize, load.count / 10) : 0
            let first = try await site.fillOutbox(load.count + part, shards: load.shards)
            return try await site.withSnapshot(held: load.isSnapshotHeld) {
                let ceiling = part > 0 ? try await ClaimCeiling.measure(site, count: part, firstDue: first) : 0
                let (progress, usage) = try await self.run(load, site)
                let left = try await site.countOutbox()
                guard left == 0 else { throw CommandFailure("\(left) rows are left in the outbox") }
                let total = Double(load.count)
                guard let rate = progress.rate(to: total) else {
                    throw CommandFailure("the backlog was gone too soon to be measured")
                }
                return Outcome(
                    ceiling: ceiling, rate: rate, first: progress.rate(to: total / 10) ?? rate,
                    last: progress.rate(from: total * 0.9, to: total) ?? rate, usage: usage)
            }
        }
    }

    private func run(_ load: Load, _ site: BenchSite) async throws -> (Progress, ProcessUsage) {
        let environment = ["NOTIFI_OUTBOX_SHARDS": "\(load.shards)"]
        let metric = "notifi_poller_published_total"
        return try await site.withDaemon(.poller, environment: environment) { poller in
            guard load.replicas == 2 else {
                let progress = try await Progress.watch(
                    [poller], metric: metric, to: Double(load.count), within: .seconds(600))
                return (progress, try poller.usage())
            }
            return try await site.withDaemon(.poller, environment: environment) { other in
                let progress = try await Progress.watch(
                    [poller, other], metric: metric, to: Double(load.count), within: .seconds(600))
                return (progress, try poller.usage())
            }
        }
    }
}
