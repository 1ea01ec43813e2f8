import Foundation
import Notifications
import Operations
import Postgres

/// The real poller at half of what it can, with a transaction held open elsewhere, whose snapshot keeps every claimed row
/// from being vacuumed, against without: a backlog is drained after the same time of load.
struct BloatStage: BenchStage {
    let name = "bloat"

    private struct Outcome {
        /// Rows a second, of the backlog at the end.
        let rate: Double
        let deadRows: [TimePoint]
    }

    func measure(_ bench: Bench) async throws -> StageReport {
        let runs = try await bench.eachRun("bloat") { _ in
            let clean = try await bench.withSite { try await self.load($0, holding: false, rate: nil) }
            let held = try await bench.withSite { try await self.load($0, holding: true, rate: clean.rate / 2) }
            return (clean, held)
        }
        var report = StageReport()
        report.figures = [
            Figure(
                name: "claims with a transaction held open", unit: .perSecond, series: Series(runs.map(\.1.rate)),
                ceiling: Figure.Ceiling(name: "without", series: Series(runs.map(\.0.rate))), goal: .share(0.9))
        ]
        if let last = runs.last {
            report.curves = [
                (
                    "bloat-dead-rows",
                    TimeChart(
                        title: "Dead rows in the outbox", unit: "",
                        lines: [
                            TimeChart.Line(name: "without", points: last.0.deadRows),
                            TimeChart.Line(name: "transaction held open", points: last.1.deadRows),
                        ])
                )
            ]
        }
        return report
    }

    /// - Parameter rate: rows a second; `nil`: half of what is measured first.
    private func load(_ site: BenchSite, holding: Bool, rate: Double?) async throws -> Outcome {
        let bench = site.bench
        let rows = bench.size(100_000, quick: 5_000)
        let fill = OutboxFill(service: site.service)
        return try await site.withPool(2) { pool in
            try await site.withDaemon(.poller) { poller in
                let backlog = PollerBacklog(rows: rows, fill: fill, poller: poller)
                let full = try await backlog.drain(on: pool)
                return try await site.withSnapshot(held: holding) {
                    let dead = try await self.feed(fill, rate: rate ?? full / 2, bench, on: pool)
                    return Outcome(rate: try await backlog.drain(on: pool), deadRows: dead)
                }
            }
        }
    }

    /// Due ones come at a steady rate, ten times a second.
    private func feed(
        _ fill: OutboxFill, rate: Double, _ bench: Bench, on pool: PostgresPool
    ) async throws -> [TimePoint] {
        let arrivals = Arrivals(rate: rate, duration: bench.duration(bench.bloat, quick: .seconds(3)))
        let clock = ContinuousClock()
        let began = clock.now
        var sent = 0
        var dead: [TimePoint] = []
        while sent < arrivals.count {
            let elapsed = clock.now - began
            let due = arrivals.dueCount(at: elapsed)
            if due > sent { try await fill.add(due - sent, firstDue: .now, on: pool) }
            sent = due
            if elapsed / .seconds(1) >= (dead.last?.seconds ?? -1) + 1 {
                let rows = try await TableSize.current(on: pool)["outbox"]?.deadRows ?? 0
                dead.append(TimePoint(seconds: elapsed / .seconds(1), value: rows))
            }
            try await clock.sleep(until: began + elapsed + .milliseconds(100))
        }
        return dead
    }
}
