import NIOCore

/// People with the inbox open: each polls every 30 s, over one replica of the API and over three.
struct PeopleStage: BenchStage {
    let name = "people"

    private static let interval = 30.0

    private struct Shape: Sendable {
        let people: Int
        let replicas: Int

        var name: String { "\(self.people) people, \(self.replicas == 1 ? "one API" : "\(self.replicas) APIs")" }
    }

    private struct Run: Sendable {
        let polls: LoadOutcome
        /// Of the API that took most, in percent of one core.
        let cpu: Double
        /// Of the one that has most, in MiB.
        let memory: Double
        /// Polls of those for which Postgres was asked.
        let asked: Double
    }

    func measure(_ bench: Bench) async throws -> StageReport {
        let counts = bench.isQuick ? [100] : [1_000, 10_000]
        let shapes = counts.flatMap { people in [1, 3].map { Shape(people: people, replicas: $0) } }
        let runs = try await bench.eachRun(self.name) { _ in
            try await bench.withSite { site in
                try await site.fillInboxes(users: counts.max() ?? 0, rows: 3)
                let sessions = try await site.sessions(counts.max() ?? 0)
                var runs: [Run] = []
                for shape in shapes {
                    runs.append(try await Self.run(shape, on: site, Array(sessions.prefix(shape.people))))
                }
                return runs
            }
        }
        var report = StageReport()
        for (place, shape) in shapes.enumerated() { report.add(Self.report(shape, runs.map { $0[place] })) }
        return report
    }

    private static func report(_ shape: Shape, _ runs: [Run]) -> StageReport {
        let polls = runs.map { Double($0.polls.latency.count) }
        let hits = zip(runs, polls).map { run, count in
            max(0, Double(run.polls.statuses[304] ?? 0) - run.asked) / max(1, count) * 100
        }
        return StageReport(
            figures: [
                Figure(
                    name: "\(shape.name): p99", unit: .milliseconds,
                    series: Series(runs.map { $0.polls.milliseconds(0.99) }), goal: .atMost(20)),
                Figure(
                    name: "\(shape.name): CPU of an API, of one core", unit: .percent,
                    series: Series(runs.map(\.cpu)), goal: shape.people <= 1_000 ? .atMost(5) : nil),
                Figure(name: "\(shape.name): 304 from memory", unit: .percent, series: Series(hits)),
                Figure(
                    name: "\(shape.name): memory of an API", unit: .mebibytes, series: Series(runs.map(\.memory)),
                    goal: .atMost(MemoryWatch.loadGoal)),
            ], warnings: runs.flatMap { $0.polls.warnings(shape.name, wanted: 304) })
    }

    /// Everybody looks once at each replica before it counts, and each load is as long as two rounds of them.
    private static func run(_ shape: Shape, on site: BenchSite, _ sessions: [(String, String)]) async throws -> Run {
        try await Self.withAPIs(shape.replicas, on: site) { apis in
            let bench = site.bench
            let ports = apis.map { $0.ports.http ?? 0 }
            for api in apis { try await PollStage.waitForTail(of: api) }
            let polls = try await site.polls(sessions, port: ports[0])
            for port in ports {
                _ = try await HTTPLoad(
                    ports: [port], pattern: .closed, duration: .seconds(60), most: sessions.count, request: polls
                ).run()
            }
            let before = try await Self.reading(apis)
            let began = ContinuousClock.now
            let outcome = try await bench.openLoad(
                ports, rate: Double(shape.people) / Self.interval,
                duration: bench.duration(.seconds(60), quick: .seconds(3)), polls)
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            let after = try await Self.reading(apis)
            return Run(
                polls: outcome,
                cpu: zip(before.cpu, after.cpu).map { ($1 - $0) / seconds * 100 }.max() ?? 0,
                memory: try apis.map { try $0.usage().residentMebibytes }.max() ?? 0, asked: after.asked - before.asked)
        }
    }

    private static func reading(_ apis: [BenchDaemon]) async throws -> (cpu: [Double], asked: Double) {
        var asked = 0.0
        for api in apis { asked += try await PollStage.asked(api) }
        return (try apis.map { try $0.usage().cpuSeconds }, asked)
    }

    /// So many at once.
    private static func withAPIs<R: Sendable>(
        _ count: Int, on site: BenchSite, with others: [BenchDaemon] = [],
        _ body: @escaping @Sendable ([BenchDaemon]) async throws -> R
    ) async throws -> R {
        if others.count == count { return try await body(others) }
        return try await site.withDaemon(.api) { try await Self.withAPIs(count, on: site, with: others + [$0], body) }
    }
}
