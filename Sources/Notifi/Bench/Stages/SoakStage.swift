import Foundation
import NIOCore
import Notifications
import Operations
import Postgres
import Wire

/// All four daemons at half load, or what the embedded broker bears, for a long time, with people polling: nothing may
/// grow, and nothing may be lost.
struct SoakStage: BenchStage {
    let name = "soak"

    private static let sampleEvery = Duration.seconds(5)
    /// A second.
    private static let polls = 50.0
    /// POSTs a second at most: the embedded broker looks through all that it holds of a partition for what a fetch asks for,
    /// and in half an hour that becomes what is measured. At 200 a second and 128 partitions, as at 400 and 64, consumers that
    /// other work had held up for a minute or two (after 15 minutes, after 6) never caught up again: that one thread of the
    /// broker's was at 100 %, 85 % of it in the search.
    private static let mostOnEmbeddedBroker = 150.0
    /// The more, the less there is to look through in each.
    private static let partitionsOnEmbeddedBroker = 256
    /// Every so manieth POST is for later.
    private static let scheduled = 4

    func measure(_ bench: Bench) async throws -> StageReport {
        try await bench.withSite(partitions: bench.servers.embedded == nil ? 32 : Self.partitionsOnEmbeddedBroker) {
            site in
            try await site.withPool(2) { pool in
                // Polls come from a few people here, who ask more often than people do.
                let environment = ["NOTIFI_HTTP_INBOX_REQUESTS_PER_MINUTE": "100000"]
                return try await site.withDaemons(environment: environment) { pipeline in
                    try await bench.besideOthers { try await self.soak(pipeline, bench: bench, on: pool) }
                }
            }
        }
    }

    private func soak(_ pipeline: BenchPipeline, bench: Bench, on pool: PostgresPool) async throws -> StageReport {
        let site = pipeline.site
        let duration = bench.isQuick ? Duration.seconds(60) : bench.soak
        let half =
            try await site.capacity(of: pipeline, for: bench.duration(.seconds(10), quick: .seconds(2)), on: pool) / 2
        let rate = bench.servers.embedded == nil ? half : min(half, Self.mostOnEmbeddedBroker)
        let before = try await pool.count("SELECT count(*) AS count FROM inbox WHERE state = 'delivered'")
        bench.console.say("soak: \(Int(rate)) POSTs and \(Int(Self.polls)) polls a second for \(duration)")
        let polling = try await self.polling(site, port: pipeline.port, for: duration)
        var posting = site.posts(to: pipeline.port, .open(rate: rate), for: duration, scheduled: Self.scheduled)
        posting.keptStatus = 202
        let began = Instant.now

        async let watched = self.watch(
            pipeline, for: duration, every: bench.isQuick ? .seconds(1) : Self.sampleEvery, on: pool)
        async let polled = polling.run()
        let posted = try await posting.run()
        let people = try await polled
        let series = try await watched

        let arrivals = try await site.arrivals(of: posted.kept, since: began, within: .seconds(60), on: pool)
        let reckoning = Reckoning(accepted: posted.kept, arrived: arrivals.map(\.number))
        let delivered =
            try await pool.count("SELECT count(*) AS count FROM inbox WHERE state = 'delivered'") - before
        let left = try await pool.count("SELECT count(*) AS count FROM outbox")
        return self.report(
            posted, people, series,
            counts: [
                ("half of what they get through, a second", UInt64(half)), ("sent a second", UInt64(rate)),
                ("asked", posted.latency.count), ("accepted", UInt64(posted.kept.count)),
                ("in the inbox", UInt64(arrivals.count)), ("of these delivered", UInt64(max(0, delivered))),
                ("lost, number by number", UInt64(reckoning.lost)), ("doubled", UInt64(reckoning.doubled)),
                ("left in the outbox", UInt64(left)),
            ],
            isWhole: reckoning == Reckoning(accepted: [], arrived: []))
    }

    private func report(
        _ posted: LoadOutcome, _ people: LoadOutcome, _ series: SoakSeries, counts: [(String, UInt64)], isWhole: Bool
    ) -> StageReport {
        var report = StageReport()
        func quantile(_ outcome: LoadOutcome, _ share: Double) -> Series {
            Series([Double(outcome.latency.quantile(share) ?? 0) / 1_000])
        }
        report.figures = [
            Figure(name: "soak: POSTs accepted", unit: .perSecond, series: Series([posted.rate(of: 202)])),
            Figure(name: "soak: POST p99", unit: .milliseconds, series: quantile(posted, 0.99)),
            Figure(name: "soak: poll p99", unit: .milliseconds, series: quantile(people, 0.99)),
        ]
        for one in series.all where one.kind == .memory {
            report.figures.append(
                Figure(
                    name: "soak: memory of \(one.name), at most", unit: .mebibytes,
                    series: Series([one.points.map(\.value).max() ?? 0]), goal: .atMost(200)))
        }
        report.curves = series.charts
        func statuses(_ outcome: LoadOutcome) -> String {
            outcome.statuses.sorted { $0.key < $1.key }.map { "\($0.value) of \($0.key)" }.joined(separator: ", ")
                + ", \(outcome.failures) without an answer"
        }
        report.details = [
            "## Soak\n\n\(counts.map { "- \($0): \($1)" }.joined(separator: "\n"))\n- POSTs by status: "
                + "\(statuses(posted))\n- polls by status: \(statuses(people))\n\n\(series.table)"
        ]
        if !isWhole { report.warnings.append("soak: something was lost or doubled") }
        for one in series.all where one.isFlat == false {
            report.warnings.append("soak: \(one.kind.rawValue.lowercased()) of \(one.name) grows")
        }
        if posted.isGeneratorTheBottleneck { report.warnings.append("soak: the load generator was the bottleneck") }
        return report
    }

    /// People who look at their unread ones: every second one has what there is, which is a 304.
    private func polling(_ site: BenchSite, port: Int, for duration: Duration) async throws -> HTTPLoad {
        var requests: [ByteBuffer] = []
        for number in 0..<1_000 {
            let token = try await UserToken.make(
                user: "user-\(number * 50)", lifetime: duration + .seconds(3_600), secret: site.sessionSecret)
            let known = number.isMultiple(of: 2) ? [("if-none-match", "*")] : []
            requests.append(
                RequestBytes.get(
                    "/api/notifications/unread", headers: [("authorization", "Bearer \(token)")] + known))
        }
        let all = requests
        return HTTPLoad(ports: [port], pattern: .open(rate: Self.polls), duration: duration, connections: 8) {
            all[$0 % all.count]
        }
    }

    private func watch(
        _ pipeline: BenchPipeline, for duration: Duration, every pause: Duration, on pool: PostgresPool
    ) async throws -> SoakSeries {
        var series = SoakSeries()
        var processor: [Daemon: (seconds: Double, at: Double)] = [:]
        let site = pipeline.site
        let clock = ContinuousClock()
        let began = clock.now
        while clock.now - began < duration {
            let at = (clock.now - began) / .seconds(1)
            for (daemon, running) in pipeline.daemons.sorted(by: { $0.key < $1.key }) {
                let usage = try running.usage()
                series.add(.memory, daemon.rawValue, usage.residentMebibytes, at: at)
                series.add(.descriptors, daemon.rawValue, Double(usage.fileDescriptors), at: at)
                if let last = processor[daemon], at > last.at {
                    series.add(
                        .processor, daemon.rawValue, (usage.cpuSeconds - last.seconds) / (at - last.at) * 100, at: at)
                }
                processor[daemon] = (usage.cpuSeconds, at)
            }
            for (table, size) in try await TableSize.current(on: pool).sorted(by: { $0.key < $1.key }) {
                series.add(.deadRows, table, size.deadRows, at: at)
                series.add(.tables, table, size.mebibytes, at: at)
            }
            let (topics, lag) = (site.topics, site.lag)
            series.add(.lag, "requests", Double(try await lag(topics.routerGroup, topics.requests)), at: at)
            series.add(.lag, "deliveries", Double(try await lag(topics.deliveryGroup, topics.deliveries)), at: at)
            try await clock.sleep(until: began + .seconds(at) + pause)
        }
        return series
    }
}
