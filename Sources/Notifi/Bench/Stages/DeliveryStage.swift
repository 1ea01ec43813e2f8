import Foundation
import Kafka
import Notifications
import Postgres
import Wire

/// A delivery that drains a backlog, against its own transaction by pgbench in the same batches.
struct DeliveryStage: BenchStage {
    let name = "delivery"
    private static let ceiling = DeliveryCeiling(batchSize: 500)
    /// As the daemon writes a batch: by halves, beside each other.
    private static let halves = DeliveryCeiling(batchSize: 250)
    /// For the time of each statement: the inbox has so many rows by then.
    private static let rowsBefore = 1_000_000

    private struct Outcome: Sendable {
        let plain: Double
        let ceiling: Double
        let halves: Double
        let rate: Double
        let usage: ProcessUsage
    }

    func measure(_ bench: Bench) async throws -> StageReport {
        let count = bench.size(200_000, quick: 20_000)
        let runs = try await bench.eachRun("delivery") { _ in
            // A database each: all of them begin with an empty inbox.
            let plain = try await bench.withSite(partitions: 1) { site in
                try await Self.ceiling.measure(DeliveryCeiling.plainInsert, site, count: count, mark: "plain").rate
            }
            let ceiling = try await bench.withSite(partitions: 1) { site in
                try await Self.ceiling.measure(DeliveryCeiling.transaction, site, count: count, mark: "all").rate
            }
            let halves = try await bench.withSite(partitions: 1) { site in
                try await Self.halves.measure(
                    DeliveryCeiling.transaction, site, count: count, mark: "halves", clients: 2
                ).rate
            }
            let (progress, usage) = try await bench.withSite(partitions: 64) { site in
                try await Self.drain(count, site)
            }
            guard let rate = progress.rate(to: Double(count)) else {
                throw CommandFailure("the backlog was gone too soon to be measured")
            }
            return Outcome(plain: plain, ceiling: ceiling, halves: halves, rate: rate, usage: usage)
        }
        let ceiling = Figure.Ceiling(
            name: "its transaction by pgbench, one connection", series: Series(runs.map(\.ceiling)))
        return StageReport(
            figures: [
                Figure(
                    name: "delivery, draining \(count)", unit: .perSecond, series: Series(runs.map(\.rate)),
                    ceiling: ceiling, goal: .share(0.8)),
                Figure(
                    name: "delivery, the same beside two connections", unit: .perSecond,
                    series: Series(runs.map(\.rate)),
                    ceiling: Figure.Ceiling(
                        name: "pgbench by halves, two connections", series: Series(runs.map(\.halves))),
                    goal: .share(0.8)),
                Figure(
                    name: "delivery's transaction by pgbench", unit: .perSecond, series: ceiling.series,
                    ceiling: Figure.Ceiling(name: "plain insert", series: Series(runs.map(\.plain)))),
                Figure(
                    name: "delivery: memory", unit: .mebibytes, series: Series(runs.map(\.usage.residentMebibytes)),
                    goal: .atMost(200)),
            ],
            details: [
                "Delivery: "
                    + runs.map { String(format: "%.2f s of CPU for %d rows", $0.usage.cpuSeconds, count) }
                    .joined(separator: ", ") + ".",
                try await self.statements(bench),
            ])
    }

    /// Published before the daemon starts; counted from its first row to the last.
    private static func drain(_ count: Int, _ site: BenchSite) async throws -> (Progress, ProcessUsage) {
        let traffic = BenchTraffic(service: site.service)
        try await site.withProducer { producer in
            for start in stride(from: 0, to: count, by: 5_000) {
                let now = Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
                let records = try (start..<min(count, start + 5_000)).map { number in
                    var random = SystemRandomNumberGenerator()
                    var notification = traffic.notification(number, now: now)
                    notification.trace = TraceContext(using: &random)
                    return try notification.record(on: site.topics.deliveries)
                }
                for result in await producer.send(records) { _ = try result.get() }
            }
        }
        let environment = ["NOTIFI_DELIVERY_BATCH_SIZE": "\(Self.ceiling.batchSize)"]
        let outcome = try await site.withDaemon(.delivery, environment: environment) { daemon in
            let progress = try await Progress.watch(
                [daemon], metric: #"notifi_delivery_decided_total{outcome="delivered"}"#, to: Double(count),
                within: .seconds(300))
            return (progress, try daemon.usage())
        }
        let written = try await site.withPool { try await DeliveryCeiling.count($0) }
        guard written == count else { throw CommandFailure("\(written) of \(count) are in the inbox") }
        return outcome
    }

    /// What each statement of a batch takes where the inbox is large.
    private func statements(_ bench: Bench) async throws -> String {
        let before = bench.size(Self.rowsBefore, quick: 20_000)
        let commands = try await bench.withSite(partitions: 1) { site in
            _ = try await Self.ceiling.measure(DeliveryCeiling.plainInsert, site, count: before, mark: "before")
            try await site.withPool { pool in
                try await pool.withConnection { try await $0.execute(script: "VACUUM (ANALYZE) inbox") }
            }
            return try await Self.ceiling.measure(
                DeliveryCeiling.transaction, site, count: Self.ceiling.batchSize * 40, mark: "after"
            ).commands
        }
        let names = ["BEGIN", "TakeSeqs", "InsertInbox", "COMMIT"]
        // Before them come two of pgbench's own, which set variables.
        let rows = zip(names, commands.suffix(names.count)).map {
            "| \($0) | \(MarkdownReport.number($1, .milliseconds)) |"
        }
        return "Delivery's statements, batches of \(Self.ceiling.batchSize) into an inbox of \(before) rows:\n\n"
            + "| statement | mean |\n|---|---:|\n" + rows.joined(separator: "\n")
    }
}
