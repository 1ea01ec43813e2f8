import Foundation
import NIOCore
import Notifications
import Operations
import Postgres

/// Notifi beside what others do the same with, on the same Postgres; see Benchmarks/peers.
struct PeersStage: BenchStage {
    let name = "peers"

    private static let goal = Figure.Goal.share(1.5)
    /// Unread ones of each user.
    private static let rows = 20

    private struct Rates {
        var ours: (unchanged: Double, changed: Double, claims: Double)
        var flask: (unchanged: Double, changed: Double)
        var django: Double
        var queue: Double
    }

    func measure(_ bench: Bench) async throws -> StageReport {
        try await bench.withSite { site in
            guard let peers = PeerScripts.find(postgresURL: site.postgresURL, logs: bench.folder) else {
                return StageReport(warnings: ["peers: not measured, since this is not run from the repository"])
            }
            do {
                try await peers.install()
            } catch let error as CommandFailure {
                return StageReport(warnings: ["peers: not measured, since they cannot be installed: \(error)"])
            }
            return try await self.measure(peers, site)
        }
    }

    private func measure(_ peers: PeerScripts, _ site: BenchSite) async throws -> StageReport {
        let bench = site.bench
        let inbox = InboxFill(rows: bench.size(100_000, quick: 2_000), rowsPerUser: Self.rows, service: site.service)
        let users = inbox.users
        let fill = OutboxFill(service: site.service)
        return try await site.withPool(1) { pool in
            try await inbox.run(at: .now, on: pool)
            _ = try await peers.python("django_unread.py", "migrate")
            _ = try await peers.python("django_unread.py", "fill", "\(users)", "\(Self.rows)")
            try await peers.installQueue()
            let sessions = try await self.sessions(users, site)
            let environment = ["NOTIFI_HTTP_INBOX_REQUESTS_PER_MINUTE": "100000"]
            return try await site.withDaemons([.api, .poller], environment: environment) { pipeline in
                try await peers.serving("flask_unread") { flask in
                    try await peers.serving("django_unread") { django in
                        try await self.waitFor([flask, django])
                        let runs = try await bench.eachRun("peers") { _ in
                            try await self.turn(peers, pipeline, flask, django, sessions, fill, on: pool)
                        }
                        return self.report(runs)
                    }
                }
            }
        }
    }

    private func turn(
        _ peers: PeerScripts, _ pipeline: BenchPipeline, _ flask: Int, _ django: Int, _ sessions: [String],
        _ fill: OutboxFill, on pool: PostgresPool
    ) async throws -> Rates {
        let bench = pipeline.site.bench
        let jobs = bench.size(100_000, quick: 2_000)
        let unread = "/api/notifications/unread"
        func theirs(_ port: Int, _ path: String, known: Bool) async throws -> Double {
            try await self.rate(port, path, sessions.indices.map { [("x-user", "user-\($0)")] }, known: known, bench)
        }
        func ours(known: Bool) async throws -> Double {
            try await self.rate(
                pipeline.port, unread, sessions.map { [("authorization", "Bearer \($0)")] }, known: known, bench)
        }
        guard let poller = pipeline.daemons[.poller] else { throw CommandFailure("there is no poller") }
        let claims = try await PollerBacklog(rows: jobs, fill: fill, poller: poller).drain(on: pool)
        guard let queue = Double(try await peers.python("drain_pgqueuer.py", "\(jobs)")) else {
            throw CommandFailure("drain_pgqueuer.py did not print a number")
        }
        return Rates(
            ours: (try await ours(known: true), try await ours(known: false), claims),
            flask: (try await theirs(flask, "/unread", known: true), try await theirs(flask, "/unread", known: false)),
            django: try await theirs(django, "/api/unread_list/?max=100", known: false), queue: queue)
    }

    /// Answers a second of the wanted kind.
    private func rate(
        _ port: Int, _ path: String, _ headers: [[(String, String)]], known: Bool, _ bench: Bench
    ) async throws -> Double {
        let requests = headers.map { RequestBytes.get(path, headers: $0 + (known ? [("if-none-match", "*")] : [])) }
        // Workers' first connections and first looks at sessions are not what is compared.
        try await bench.warmUp([port]) { requests[$0 % requests.count] }
        let outcome = try await bench.closedLoad([port]) { requests[$0 % requests.count] }
        let status = known ? 304 : 200
        guard outcome.others(than: status) * 100 <= outcome.latency.count else {
            throw CommandFailure(
                "\(path) was not answered by \(status): \(outcome.statuses), \(outcome.failures) not at all")
        }
        return outcome.rate(of: status)
    }

    private func sessions(_ users: Int, _ site: BenchSite) async throws -> [String] {
        var tokens: [String] = []
        for number in 0..<min(1_000, users) {
            tokens.append(
                try await UserToken.make(
                    user: "user-\(number)", lifetime: .seconds(7_200), secret: site.sessionSecret))
        }
        return tokens
    }

    /// Until gunicorn takes connections.
    private func waitFor(_ ports: [Int]) async throws {
        for port in ports {
            let deadline = ContinuousClock.now + .seconds(60)
            while true {
                let one = HTTPLoad(
                    ports: [port], pattern: .closed, duration: .milliseconds(100), connections: 1, most: 1
                ) { _ in RequestBytes.get("/", headers: [("x-user", "user-0")]) }
                if (try? await one.run()) != nil { break }
                guard ContinuousClock.now < deadline else {
                    throw CommandFailure("a peer did not listen on \(port) within 60 s")
                }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    private func report(_ runs: [Rates]) -> StageReport {
        func figure(
            _ name: String, _ ours: (Rates) -> Double, _ peer: String, _ theirs: (Rates) -> Double,
            goal: Figure.Goal
        ) -> Figure {
            Figure(
                name: name, unit: .perSecond, series: Series(runs.map(ours)),
                ceiling: Figure.Ceiling(name: peer, series: Series(runs.map(theirs))), goal: goal)
        }
        return StageReport(figures: [
            figure("poll, unchanged", \.ours.unchanged, "Flask", \.flask.unchanged, goal: Self.goal),
            figure("poll, changed, \(Self.rows) rows", \.ours.changed, "Flask", \.flask.changed, goal: Self.goal),
            figure("unread list of \(Self.rows)", \.ours.changed, "django-notifications-hq", \.django, goal: Self.goal),
            figure("due ones drained", \.ours.claims, "PgQueuer", \.queue, goal: .share(1)),
        ])
    }
}
