import NIOCore
import Wire

/// One POST at a time: how many a second, and how long at the rate of the peer whose layout this follows.
struct PostStage: BenchStage {
    let name = "post"

    /// A second; of the peer at 32 connections, measured on two cores.
    static let peerRate = 9_800

    private struct Run: Sendable {
        let ceiling: LoadOutcome
        let closed: LoadOutcome
        let open: LoadOutcome
        /// Records that came into the topic meanwhile.
        let stored: Int64
        let memory: MemoryWatch.Reading
    }

    func measure(_ bench: Bench) async throws -> StageReport {
        let rate = bench.size(Self.peerRate, quick: 500)
        let runs = try await bench.eachRun(self.name) { _ in
            try await bench.withSite(partitions: 64) { try await Self.run(on: $0, rate: rate) }
        }
        var report = StageReport(figures: [
            Figure(
                name: "POST, 32 connections", unit: .perSecond, series: Series(runs.map { $0.closed.rate(of: 202) }),
                ceiling: Figure.Ceiling(
                    name: "SwiftNIO, JSON, produce, report", series: Series(runs.map { $0.ceiling.rate(of: 202) })),
                goal: .share(0.7)),
            Figure(
                name: "POST, p99 at \(rate)/s", unit: .milliseconds,
                series: Series(runs.map { $0.open.milliseconds(0.99) }), goal: .atMost(8)),
            Figure(
                name: "POST, p50 at \(rate)/s", unit: .milliseconds,
                series: Series(runs.map { $0.open.milliseconds(0.5) })),
            Figure(
                name: "POST, p99 at 32 connections", unit: .milliseconds,
                series: Series(runs.map { $0.closed.milliseconds(0.99) })),
        ])
        report.figures += MemoryWatch.figures(runs.map { [$0.memory] }, under: "POSTs")
        for run in runs {
            report.warnings += run.ceiling.warnings("ceiling of POST", wanted: 202)
            report.warnings += run.closed.warnings("POST, 32 connections", wanted: 202)
            report.warnings += run.open.warnings("POST at \(rate)/s", wanted: 202)
            let accepted = [run.closed, run.open].map { $0.statuses[202] ?? 0 }.reduce(0, +)
            report.warnings += Self.countWarnings("POST", accepted: accepted, stored: run.stored)
        }
        return report
    }

    private static func run(on site: BenchSite, rate: Int) async throws -> Run {
        let bench = site.bench
        let topic = "\(site.topicPrefix).ceiling"
        try await bench.servers.makeTopics([topic], partitions: 64)
        let requests = site.posts(bench.size(BenchTraffic.defaultUsers, quick: 5_000))
        let ceiling = try await bench.ceiling(
            CeilingProcess(kind: .produce, target: (bench.servers.brokers, topic)), requests)
        return try await site.withDaemon(.api) { api in
            let (ports, memory) = ([api.ports.http ?? 0], try MemoryWatch(api))
            try await bench.warmUp(ports, requests)
            let before = try await site.lag(group: "count", topic: site.topics.requests)
            let closed = try await bench.closedLoad(ports, requests)
            let open = try await bench.openLoad(
                ports, rate: Double(rate), duration: bench.duration(.seconds(10), quick: .seconds(1)), requests)
            let after = try await site.lag(group: "count", topic: site.topics.requests)
            return Run(
                ceiling: ceiling, closed: closed, open: open, stored: after - before, memory: try memory.reading())
        }
    }

    /// A 202 says that it is stored; a request without an answer may be stored or not.
    static func countWarnings(_ load: String, accepted: Int, stored: Int64) -> [String] {
        Int64(accepted) <= stored
            ? [] : ["\(load): \(accepted) were answered 202, and the topic got only \(stored) meanwhile"]
    }
}
