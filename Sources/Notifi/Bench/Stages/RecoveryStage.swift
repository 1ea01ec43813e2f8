import Foundation
import Glibc
import Notifications
import Operations
import Postgres

/// SIGKILL of each daemon under load, started again as a service manager would, and a restart of Postgres: how long until
/// as much arrives again, and whether all of it arrives, once.
struct RecoveryStage: BenchStage {
    let name = "recovery"

    enum Victim: String, Sendable, CaseIterable {
        case api, router, poller, delivery, postgres

        var daemon: Daemon? { Daemon(rawValue: self.rawValue) }
    }

    struct Outcome: Sendable {
        /// POSTs a second.
        let rate: Double
        /// `nil` where it did not within the time that was watched.
        let seconds: Double?
        let accepted: Int
        /// Refused, or without an answer.
        let others: Int
        let arrived: Int
        let reckoning: Reckoning
    }

    /// A member of a group that is gone is to be noticed after three seconds.
    private static let environment = ["NOTIFI_KAFKA_SESSION_TIMEOUT_MS": "3000"]
    private static let goal = 15_000.0
    /// Of what a closed loop gets through. There each answer makes room for the next POST; at half of that, sent whatever
    /// became of those before, the two cores of a small machine have nothing left to catch up with.
    private static let share = 0.25
    /// The scheduled ones, which come up to five seconds after their POSTs, make the rate whole only then.
    private static let filling = 6.0

    func measure(_ bench: Bench) async throws -> StageReport {
        var report = StageReport()
        var rows: [String] = []
        let victims = bench.isQuick ? [.delivery] : Victim.allCases
        for victim in victims {
            guard victim.daemon != nil || bench.servers.canRestartPostgres else {
                report.warnings.append("recovery: a Postgres of somebody else's is not restarted")
                continue
            }
            let outcomes = try await bench.eachRun("recovery of \(victim.rawValue)") { _ in
                try await bench.withSite { site in
                    try await site.withPool(2) { try await self.killed(victim, site: site, on: $0) }
                }
            }
            // What did not come back within the time that was watched counts with all of that time.
            let times = outcomes.map { ($0.seconds ?? self.watched(bench) / .seconds(1)) * 1_000 }
            report.figures.append(
                Figure(
                    name: "95% again after \(victim == .postgres ? "a restart" : "SIGKILL") of \(victim.rawValue)",
                    unit: .milliseconds, series: Series(times), goal: .atMost(Self.goal)))
            if outcomes.contains(where: { $0.seconds == nil }) {
                report.warnings.append("recovery: after \(victim.rawValue) the rate did not come back in all runs")
            }
            rows += outcomes.map {
                "| \(victim.rawValue) | \(MarkdownReport.number($0.rate, .perSecond)) | "
                    + "\($0.seconds.map(MarkdownReport.digits) ?? "-") s | \($0.accepted) | \($0.others) | "
                    + "\($0.arrived) | \($0.reckoning.lost) | \($0.reckoning.doubled) |"
            }
            if outcomes.contains(where: { $0.reckoning.lost > 0 || $0.reckoning.doubled > 0 }) {
                report.warnings.append("recovery: with \(victim.rawValue) something was lost or doubled")
            }
        }
        report.details = [
            "## Recovery\n\n| killed | POSTs a second | 95% again | accepted | refused or unanswered | in the inbox | lost | "
                + "doubled |\n|---|---:|---:|---:|---:|---:|---:|---:|\n" + rows.joined(separator: "\n")
        ]
        return report
    }

    /// From the kill on.
    private func watched(_ bench: Bench) -> Duration { bench.duration(.seconds(25), quick: .seconds(12)) }

    private func killed(_ victim: Victim, site: BenchSite, on pool: PostgresPool) async throws -> Outcome {
        let bench = site.bench
        guard let daemon = victim.daemon else {
            return try await site.withDaemons(environment: Self.environment) { pipeline in
                try await self.underLoad(pipeline, on: pool) { try await bench.servers.restartPostgres() }
            }
        }
        let others = Daemon.allCases.filter { $0 != daemon }
        return try await site.withDaemons(others + [daemon], environment: Self.environment) { pipeline in
            try await self.underLoad(pipeline, on: pool) {
                guard let pid = pipeline.daemons[daemon]?.pid else { return }
                Glibc.kill(pid, SIGKILL)
            } restarted: { ended in
                // The API comes back on its port, where the load looks for it.
                let port = ["NOTIFI_HTTP_PORT": "\(pipeline.port)"].filter { _ in daemon == .api }
                try await site.withDaemon(daemon, environment: Self.environment.merging(port) { $1 }) { _ in
                    for await _ in ended {}
                }
            }
        }
    }

    /// - Parameters:
    ///   - kill: what is done to it after some seconds.
    ///   - restarted: keeps running what was killed, until its stream ends.
    private func underLoad(
        _ pipeline: BenchPipeline, on pool: PostgresPool, kill: @Sendable () async throws -> Void,
        restarted: @escaping @Sendable (AsyncStream<Never>) async throws -> Void = { for await _ in $0 {} }
    ) async throws -> Outcome {
        let (site, bench) = (pipeline.site, pipeline.site.bench)
        let quiet = bench.duration(.seconds(16), quick: .seconds(3))
        let capacity = try await site.capacity(
            of: pipeline, for: bench.duration(.seconds(5), quick: .seconds(1)), on: pool)
        let rate = capacity * Self.share
        let duration = quiet + self.watched(bench)

        let (ended, end) = AsyncStream.makeStream(of: Never.self)
        var posts = site.posts(to: pipeline.port, .open(rate: rate), for: duration, scheduled: 2)
        posts.keptStatus = 202
        let began = Instant.now
        async let outcome = posts.run()
        try await Task.sleep(for: quiet)
        let killedAt = Instant.now
        try await kill()
        async let again: Void = restarted(ended)
        let posted = try await outcome
        let arrivals = try await site.arrivals(of: posted.kept, since: began, within: .seconds(60), on: pool)
        end.finish()
        try await again

        let from = Double(killedAt.microseconds) / 1_000_000
        return Outcome(
            rate: rate,
            seconds: RecoveryTime.seconds(
                arrivals: arrivals.map(\.at), quietFrom: Double(began.microseconds) / 1_000_000 + Self.filling,
                killedAt: from, end: from + self.watched(bench) / .seconds(1), rate: rate),
            accepted: posted.kept.count, others: posted.others(than: 202), arrived: arrivals.count,
            reckoning: Reckoning(accepted: posted.kept, arrived: arrivals.map(\.number)))
    }
}
