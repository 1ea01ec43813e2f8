import Kafka
import Notifications
import Operations
import Wire

/// The router, from a backlog of requests that lies ready to the last of them done.
struct RouterStage: BenchStage {
    enum Route: String, Sendable {
        case now, scheduled
    }

    let route: Route

    var name: String { "router-\(self.route)" }

    /// As the router takes them by default.
    private static let batchSize = 1_000

    func measure(_ bench: Bench) async throws -> StageReport {
        let raw = try await RawKafka(bench)
        let count = bench.size(200_000, quick: 20_000)
        let runs = try await bench.eachRun(self.name) { _ -> (Drained, ceiling: Double, halves: Double) in
            try await bench.withSite { site in
                try await site.fill(site.topics.requests, count: count, isScheduled: self.route == .scheduled)
                switch self.route {
                case .now:
                    let ceiling = try await self.relay(raw, count, on: site)
                    return (try await self.drain(count, on: site), ceiling, 0)
                case .scheduled:
                    // Afterwards, since it inserts the router's own rows again.
                    let drained = try await self.drain(count, on: site)
                    return (
                        drained, try await OutboxInsert.measure(count, batchSize: Self.batchSize, on: site),
                        try await OutboxInsert.measure(count, batchSize: Self.batchSize / 2, clients: 2, on: site)
                    )
                }
            }
        }
        let what = "router, \(self.route == .now ? "immediate" : "scheduled")"
        let ceiling = self.route == .now ? "raw consume-then-produce" : "the same insert by pgbench, one connection"
        let times = runs.map { MarkdownReport.digits($0.0.microseconds) }.joined(separator: ", ")
        // As the router writes a batch: by halves, beside each other.
        let halves = Figure(
            name: "\(what), the same beside two connections", unit: .perSecond, series: Series(runs.map(\.0.perSecond)),
            ceiling: Figure.Ceiling(
                name: "pgbench by halves, two connections", series: Series(runs.map(\.halves))),
            goal: .share(0.6)
        )
        return StageReport(
            figures: [
                Figure(
                    name: what, unit: .perSecond, series: Series(runs.map(\.0.perSecond)),
                    ceiling: Figure.Ceiling(name: ceiling, series: Series(runs.map(\.1))),
                    goal: .share(self.route == .now ? 0.5 : 0.6))
            ] + (self.route == .now ? [] : [halves]) + [
                Figure(
                    name: "\(what), memory", unit: .mebibytes, series: Series(runs.map(\.0.residentMebibytes)),
                    goal: .atMost(200))
            ],
            details: ["\(what): \(times) microseconds of its processor time a request, run by run."])
    }

    private func drain(_ count: Int, on site: BenchSite) async throws -> Drained {
        let drained = try await site.withDaemon(.router) { try await self.drain(count, by: $0) }
        try await self.check(count, on: site)
        return drained
    }

    private func relay(_ raw: RawKafka, _ count: Int, on site: BenchSite) async throws -> Double {
        let target = "\(site.topicPrefix).relayed"
        try await site.bench.servers.makeTopics([target], partitions: 32)
        return try await raw.relay(count, from: site.topics.requests, to: target).perSecond
    }

    struct Drained: Sendable {
        let perSecond: Double
        /// Of the router's processor time, for each of them.
        let microseconds: Double
        let residentMebibytes: Double
    }

    /// By what the router counts, which it does when a batch is durable: from the first one counted to the last.
    private func drain(_ count: Int, by router: BenchDaemon) async throws -> Drained {
        let series = "notifi_router_routed_total{route=\"\(self.route == .now ? "now" : "outbox")\"}"
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(120)
        var first: (at: ContinuousClock.Instant, count: Double, seconds: Double)?
        while clock.now < deadline {
            let routed = try await router.metric(series) ?? 0
            let now = clock.now
            let usage = try router.usage()
            if first == nil, routed > 0 { first = (now, routed, usage.cpuSeconds) }
            if let first, routed >= Double(count) {
                return Drained(
                    perSecond: (routed - first.count) / ((now - first.at) / .seconds(1)),
                    microseconds: (usage.cpuSeconds - first.seconds) * 1_000_000 / (routed - first.count),
                    residentMebibytes: usage.residentMebibytes)
            }
            // Each look costs the router some of its time.
            try await Task.sleep(for: .milliseconds(50))
        }
        throw CommandFailure("the router did not get through \(count) requests within two minutes")
    }

    /// Everything is where it belongs: a backlog that the embedded broker had dropped would make a fine figure.
    private func check(_ count: Int, on site: BenchSite) async throws {
        let there =
            switch self.route {
            case .now: Int(try await site.lag(group: "\(site.topicPrefix).nobody", topic: site.topics.deliveries))
            case .scheduled: try await site.countOutbox()
            }
        guard there == count else { throw CommandFailure("of \(count) requests \(there) were routed") }
    }
}

extension BenchSite {
    /// Puts notifications on a topic.
    func fill(_ topic: String, count: Int, isScheduled: Bool) async throws {
        let traffic = BenchTraffic(service: self.service)
        try await self.withProducer { producer in
            let now = Instant.now
            for start in stride(from: 0, to: count, by: 10_000) {
                let records = try (start..<min(start + 10_000, count)).map { number in
                    try traffic.notification(
                        // Far enough that no poller is to be woken.
                        number, due: isScheduled ? now.advanced(bySeconds: 86_400) : nil, now: now
                    ).record(on: topic)
                }
                for result in await producer.send(records) { _ = try result.get() }
            }
        }
    }
}
