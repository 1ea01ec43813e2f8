import NIOCore
import Notifications
import Operations
import Postgres

/// How late scheduled notifications are delivered, at several loads; and that none is early.
struct LatenessStage: BenchStage {
    let name = "lateness"

    /// How far ahead they are scheduled: long enough to be in the outbox by then.
    private static let lead = Duration.seconds(3)

    private struct Run: Sendable {
        var lateness: [Lateness] = []
        var loads: [LoadOutcome] = []
        /// At the highest of the rates.
        var memory: [MemoryWatch.Reading] = []
    }

    private struct Lateness: Sendable {
        /// Milliseconds.
        let p50: Double
        let p99: Double
        let early: Int64
    }

    func measure(_ bench: Bench) async throws -> StageReport {
        let rates = bench.isQuick ? [50] : [100, 300, 1_000]
        let runs = try await bench.eachRun(self.name) { _ in
            // Each rate has topics of its own, as where latency is measured.
            var run = Run()
            for rate in rates {
                let (lateness, load, memory) = try await Self.run(rate, bench)
                run.lateness.append(lateness)
                run.loads.append(load)
                run.memory = memory
            }
            return run
        }
        return Self.report(runs, rates)
    }

    private static func run(_ rate: Int, _ bench: Bench) async throws -> (Lateness, LoadOutcome, [MemoryWatch.Reading])
    {
        try await bench.withSite(partitions: 8) { site in
            try await site.withDaemons { pipeline in
                let watches = try pipeline.all.map(MemoryWatch.init)
                return try await site.withPool { pool in
                    let warm = try await site.warmUp(pipeline, rate: Double(rate), on: pool)
                    let began = Instant.now
                    let duration = bench.duration(.seconds(10), quick: .seconds(1))
                    let load = try await bench.openLoad([pipeline.port], rate: Double(rate), duration: duration) {
                        number in
                        let due = Instant(microseconds: Instant.now.microseconds + Int64(Self.lead / .microseconds(1)))
                        return site.post(json: site.traffic.json(number, schedule: due.description))
                    }
                    try await site.waitForInbox(warm + (load.statuses[202] ?? 0), on: pool)
                    return (try await Self.lateness(since: began, pool), load, try watches.map { try $0.reading() })
                }
            }
        }
    }

    private static func lateness(since began: Instant, _ pool: PostgresPool) async throws -> Lateness {
        let row = try await pool.query(
            """
            SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY late) AS p50,
                percentile_disc(0.99) WITHIN GROUP (ORDER BY late) AS p99, count(*) FILTER (WHERE late < 0) AS early
            FROM (SELECT (extract(epoch FROM delivered_at - due_at) * 1000)::float8 AS late
                FROM inbox WHERE scheduled AND accepted_at >= $1) i
            """, [.timestamptz(microsecondsSinceUnixEpoch: began.microseconds)])[0]
        return Lateness(
            p50: try row.decode("p50", as: Double.self), p99: try row.decode("p99", as: Double.self),
            early: try row.decode("early", as: Int64.self))
    }

    private static func report(_ runs: [Run], _ rates: [Int]) -> StageReport {
        var report = StageReport()
        for (place, rate) in rates.enumerated() {
            report.figures.append(
                Figure(
                    name: "lateness, \(rate) due a second, p50", unit: .milliseconds,
                    series: Series(runs.map { $0.lateness[place].p50 }), goal: .atMost(10)))
            report.figures.append(
                Figure(
                    name: "lateness, \(rate) due a second, p99", unit: .milliseconds,
                    series: Series(runs.map { $0.lateness[place].p99 }), goal: .atMost(100)))
        }
        let curves = [("p50", \Lateness.p50), ("p99", \Lateness.p99)].map { name, path in
            CurveChart.Curve(
                name: name,
                points: rates.enumerated().map { place, rate in
                    CurveChart.Point(
                        load: Double(rate), milliseconds: Series(runs.map { $0.lateness[place][keyPath: path] }).median)
                })
        }
        report.curves.append(
            (
                "lateness",
                CurveChart(
                    title: "Lateness of scheduled notifications, by how many are due", curves: curves,
                    goals: [CurveChart.Goal(name: "p50", milliseconds: 10), .init(name: "p99", milliseconds: 100)])
            ))
        let early = runs.flatMap(\.lateness).map(\.early).reduce(0, +)
        report.details.append("Of all scheduled notifications, \(early) came early.")
        if early > 0 { report.warnings.append("lateness: \(early) scheduled notifications came early") }
        report.figures += MemoryWatch.figures(runs.map(\.memory), under: "scheduled POSTs")
        for run in runs {
            for (rate, load) in zip(rates, run.loads) {
                report.warnings += load.warnings("scheduled POSTs at \(rate)/s", wanted: 202)
            }
        }
        return report
    }
}
