/// Polls of an inbox that has not changed: a 304 from memory.
struct PollStage: BenchStage {
    let name = "poll"

    private struct Run: Sendable {
        let ceiling: LoadOutcome
        let polls: LoadOutcome
        let open: LoadOutcome
        /// Polls of those for which Postgres was asked.
        let asked: Double
        let memory: MemoryWatch.Reading
    }

    func measure(_ bench: Bench) async throws -> StageReport {
        let users = bench.size(2_000, quick: 200)
        let rate = bench.size(5_000, quick: 500)
        let runs = try await bench.eachRun(self.name) { _ in
            try await bench.withSite { try await Self.run(on: $0, users: users, rate: rate) }
        }
        var report = StageReport(figures: [
            Figure(
                name: "poll of an unchanged inbox (304)", unit: .perSecond,
                series: Series(runs.map { $0.polls.rate(of: 304) }),
                ceiling: Figure.Ceiling(
                    name: "SwiftNIO, a fixed text", series: Series(runs.map { $0.ceiling.rate(of: 200) })),
                goal: .share(0.7)),
            Figure(
                name: "poll, p99 at \(rate)/s", unit: .milliseconds,
                series: Series(runs.map { $0.open.milliseconds(0.99) })),
        ])
        report.figures += MemoryWatch.figures(runs.map { [$0.memory] }, under: "polls")
        let polls = runs.map { Int($0.polls.latency.count + $0.open.latency.count) }.reduce(0, +)
        let asked = Int(runs.map(\.asked).reduce(0, +))
        report.details.append("Of \(polls) polls of unchanged inboxes, \(asked) asked Postgres.")
        if asked > 0 { report.warnings.append("poll: \(asked) of \(polls) polls of unchanged inboxes asked Postgres") }
        for run in runs {
            report.warnings += run.ceiling.warnings("ceiling of polls", wanted: 200)
            report.warnings += run.polls.warnings("polls", wanted: 304)
            report.warnings += run.open.warnings("polls at \(rate)/s", wanted: 304)
        }
        return report
    }

    private static func run(on site: BenchSite, users: Int, rate: Int) async throws -> Run {
        let bench = site.bench
        try await site.fillInboxes(users: users, rows: 3)
        let sessions = try await site.sessions(users)
        let ceiling = try await bench.ceiling(CeilingProcess(kind: .text), HTTPStage.request(.text))
        return try await site.withDaemon(.api) { api in
            let port = api.ports.http ?? 0
            let memory = try MemoryWatch(api)
            try await Self.waitForTail(of: api)
            let requests = try await site.polls(sessions, port: port)
            try await bench.warmUp([port], requests)
            let before = try await Self.asked(api)
            let polls = try await bench.closedLoad([port], requests)
            let open = try await bench.openLoad(
                [port], rate: Double(rate), duration: bench.duration(.seconds(5), quick: .seconds(1)), requests)
            return Run(
                ceiling: ceiling, polls: polls, open: open, asked: try await Self.asked(api) - before,
                memory: try memory.reading())
        }
    }

    /// Until its reading of `inbox-changes` is up to date, which it has to be for answers from memory.
    static func waitForTail(of api: BenchDaemon) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try await api.metric("notifi_inbox_tail_fresh") != 1 {
            guard ContinuousClock.now < deadline else {
                throw CommandFailure("the API does not trust its reading of inbox-changes: see \(api.logFile)")
            }
            try await ContinuousClock().sleep(for: .milliseconds(100))
        }
    }

    /// Polls that asked Postgres since this API began.
    static func asked(_ api: BenchDaemon) async throws -> Double {
        let series = #"notifi_inbox_version_lookups_total{from="postgres"}"#
        guard let asked = try await api.metric(series) else { throw CommandFailure("the API has no metric \(series)") }
        return asked
    }
}
