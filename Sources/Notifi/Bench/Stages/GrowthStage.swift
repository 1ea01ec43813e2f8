import Foundation
import Logging
import Notifications
import Operations
import Postgres
import Store

/// What happens to reads, inserts and claims where the tables grow, and how long a month of them takes to drop.
///
/// Every size has a database of its own, all there at the same time, and they take turns within a run.
struct GrowthStage: BenchStage {
    let name = "growth"

    private static let batch = 1_000
    /// 10M at most 1.3 times as slow as 100k.
    private static let goal = Figure.Goal.share(1 / 1.3)

    private enum Work: String, CaseIterable {
        case page = "page of 20"
        case unread = "unread page"
        case counts = "counts"
        case insert = "insert, rows"
        case claim = "claim, rows"
    }

    func measure(_ bench: Bench) async throws -> StageReport {
        let sizes = bench.isQuick ? [1_000, 4_000] : [100_000, 1_000_000, 10_000_000]
        return try await self.withSizes(sizes[...], [], bench) { sites in
            let runs = try await bench.eachRun("growth") { run in
                var results = sites.map { _ in [Work: Double]() }
                // Each is the first one at times, and pays for what is not warm yet.
                for place in sites.indices.map({ ($0 + run) % sites.count }) {
                    results[place] = try await self.measure(sites[place].rows, sites[place].site)
                }
                return results
            }
            var report = StageReport()
            for work in Work.allCases {
                let small = Series(runs.map { $0[0][work] ?? 0 })
                let name = "\(Self.name(sizes[0])) rows"
                for (place, rows) in sizes.enumerated().dropFirst() {
                    report.figures.append(
                        Figure(
                            name: "\(work.rawValue) at \(Self.name(rows)) rows", unit: .perSecond,
                            series: Series(runs.map { $0[place][work] ?? 0 }),
                            ceiling: Figure.Ceiling(name: name, series: small),
                            goal: place == sizes.count - 1 ? Self.goal : nil))
                }
            }
            if let (rows, site) = sites.last {
                report.figures.append(
                    Figure(
                        name: "drop a month of \(Self.name(rows)) rows", unit: .milliseconds,
                        series: Series([try await self.drop(site)]), goal: .atMost(1_000)))
            }
            return report
        }
    }

    /// Batches a run.
    private static func claims(_ bench: Bench) -> Int { bench.size(80, quick: 1) }

    private static func name(_ rows: Int) -> String {
        rows >= 1_000_000 ? "\(rows / 1_000_000)M" : "\(rows / 1_000)k"
    }

    private func withSizes(
        _ sizes: ArraySlice<Int>, _ sites: [(rows: Int, site: BenchSite)], _ bench: Bench,
        _ body: @Sendable ([(rows: Int, site: BenchSite)]) async throws -> StageReport
    ) async throws -> StageReport {
        guard let rows = sizes.first else { return try await body(sites) }
        return try await bench.withSite { site in
            let began = ContinuousClock.now
            try await site.withPool(1) { pool in
                try await InboxFill(rows: rows, service: site.service).run(at: .now, on: pool)
                // All due.
                try await site.fillOutbox(max(rows, self.claimed(bench)))
            }
            bench.console.say("growth: \(Self.name(rows)) rows filled in \(ContinuousClock.now - began)")
            return try await self.withSizes(sizes.dropFirst(), sites + [(rows, site)], bench, body)
        }
    }

    /// Rows that a run claims.
    private func claimed(_ bench: Bench) -> Int { (Self.claims(bench) + 1) * Self.batch }

    /// Reads the tables and indexes: what grows with its rows is asked for, not how fast a disk is. On a machine
    /// whose pages were cold a page at 1M rows took 25 ms, all of it reading.
    private func warm(_ site: BenchSite) async throws {
        try await site.withPool(1) { pool in
            _ = try await pool.query("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
            _ = try await pool.query(
                """
                SELECT sum(pg_prewarm(c.oid, CASE WHEN c.relname LIKE 'outbox%' THEN 'read' ELSE 'buffer' END))
                FROM pg_class c
                WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'inbox'::regclass)
                    AND c.relkind IN ('r', 'i')
                """)
        }
    }

    private func measure(_ rows: Int, _ site: BenchSite) async throws -> [Work: Double] {
        let bench = site.bench
        try await self.warm(site)
        let users = InboxFill(rows: rows, service: site.service).users
        let pgbench = Pgbench(url: site.postgresURL, folder: bench.folder)
        let time = bench.duration(.seconds(5), quick: .seconds(1))
        func read(_ sql: String) async throws -> Double {
            try await pgbench.run(Self.script(sql, users: users), clients: 2, duration: time).transactionsPerSecond
        }
        return [
            .page: try await read(InboxPage.sql(nil)), .unread: try await read(InboxPage.sql(.unread)),
            .counts: try await read(InboxCounts.sql),
            .insert: try await self.insert(users: users, site), .claim: try await self.claim(site),
        ]
    }

    /// A statement of the API as pgbench runs it, for a user by chance. Its limits are those of the API or none.
    static func script(_ sql: String, users: Int) -> String {
        let isPage = sql.contains("$5")
        let values =
            isPage
            ? ["('user-' || :n)", "9223372036854775807", "20", "NULL", "1000000"] : ["('user-' || :n)", "1000000"]
        var text = sql
        for (place, value) in values.enumerated().reversed() { text = text.replacing("$\(place + 1)", with: value) }
        // One command a line is what pgbench reads; a comment would take the rest of it along.
        return "\\set n random(0, \(users - 1))\n\(text);\n"
    }

    /// In delivery's own statements, by its own code.
    /// - Returns: rows a second.
    private func insert(users: Int, _ site: BenchSite) async throws -> Double {
        let batches = site.bench.size(20, quick: 2)
        let traffic = BenchTraffic(service: site.service, users: users)
        let limits = InsertInbox.Limits(retentionDays: 30, perUserAndMinute: 1_000_000)
        return try await site.withPool(1) { pool in
            var took = Duration.zero
            for _ in 0..<batches {
                let now = Instant.now
                let batch = (0..<Self.batch).map { _ in traffic.notification(Int.random(in: 0..<users), now: now) }
                let began = ContinuousClock.now
                try await pool.transaction { connection in
                    let versions = try await TakeSeqs.run(batch, on: connection).versions
                    let rows = batch.map { (notification: $0, seq: versions[Array($0.userID.utf8)] ?? 0) }
                    let written = try await InsertInbox.run(rows, limits: limits, on: connection)
                    guard written.count == batch.count else {
                        throw CommandFailure("of \(batch.count) rows \(written.count) were inserted")
                    }
                }
                took += ContinuousClock.now - began
            }
            return Double(batches * Self.batch) / (took / .seconds(1))
        }
    }

    /// In the poller's own statement, each claim from where the last one ended, as the poller does it. As many rows are
    /// there again afterwards.
    /// - Returns: rows a second.
    private func claim(_ site: BenchSite) async throws -> Double {
        let batches = Self.claims(site.bench)
        let rate = try await site.withPool(1) { pool in
            var low = OutboxPlace.beginning
            // What the runs before have claimed is passed once, outside of what counts.
            low = try await self.claimOnce(low, on: pool) ?? low
            let began = ContinuousClock.now
            for _ in 0..<batches {
                guard let last = try await self.claimOnce(low, on: pool) else {
                    throw CommandFailure("nothing is left to be claimed")
                }
                low = last
            }
            return Double(batches * Self.batch) / ((ContinuousClock.now - began) / .seconds(1))
        }
        try await site.fillOutbox(self.claimed(site.bench))
        return rate
    }

    private func claimOnce(_ low: OutboxPlace, on pool: PostgresPool) async throws -> OutboxPlace? {
        try await pool.transaction { connection in
            try await ClaimDue.run(shard: 0, low: low, limit: Int32(Self.batch), on: connection).last?.place
        }
    }

    /// As retention does it, partition by partition.
    /// - Returns: milliseconds.
    private func drop(_ site: BenchSite) async throws -> Double {
        let configuration = PostgresConfiguration(url: site.postgresURL, applicationName: "notifi-bench")
        let took = try await KeeperSession.run(configuration, logger: Surroundings.logger) { connection in
            let partitions = try await ListInboxPartitions.run(on: connection).filter { $0.attachment == .attached }
            let began = ContinuousClock.now
            for partition in partitions { try await DetachPartition.run(partition, on: connection) }
            for partition in try await ListInboxPartitions.run(on: connection) where partition.isRetired {
                guard try await DropPartition.run(partition, on: connection) else {
                    throw CommandFailure("\(partition.name) could not be dropped")
                }
            }
            return ContinuousClock.now - began
        }
        guard let took else { throw CommandFailure("another session keeps the inbox") }
        return took / .milliseconds(1)
    }
}
