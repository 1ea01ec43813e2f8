import Foundation
import NIOCore
import Notifications
import Operations
import Postgres

/// All four daemons of a site, while they run.
struct BenchPipeline: Sendable {
    let site: BenchSite
    let daemons: [Daemon: BenchDaemon]

    /// In the order in which they were started.
    var all: [BenchDaemon] { Daemon.allCases.compactMap { self.daemons[$0] } }

    /// Of the first API.
    var port: Int { self.daemons[.api]?.ports.http ?? 0 }
}

extension BenchSite {
    /// Starts these daemons, one of each, in their order.
    func withDaemons<R: Sendable>(
        _ wanted: [Daemon] = Daemon.allCases, environment: [String: String] = [:],
        _ body: @Sendable (BenchPipeline) async throws -> R
    ) async throws -> R {
        try await self.withDaemons(wanted[...], [:], environment, body)
    }

    private func withDaemons<R: Sendable>(
        _ wanted: ArraySlice<Daemon>, _ running: [Daemon: BenchDaemon], _ environment: [String: String],
        _ body: @Sendable (BenchPipeline) async throws -> R
    ) async throws -> R {
        guard let next = wanted.first else { return try await body(BenchPipeline(site: self, daemons: running)) }
        return try await self.withDaemon(next, environment: environment) { daemon in
            try await self.withDaemons(
                wanted.dropFirst(), running.merging([next: daemon]) { $1 }, environment, body)
        }
    }

    /// POSTs of single notifications.
    ///
    /// - Parameter scheduled: every so manieth is for two to five seconds later; 0: none.
    func posts(to port: Int, _ pattern: HTTPLoad.Pattern, for duration: Duration, scheduled: Int = 0) -> HTTPLoad {
        let traffic = BenchTraffic(service: self.service)
        let headers = [("authorization", "Bearer \(self.serviceToken)")]
        return HTTPLoad(ports: [port], pattern: pattern, duration: duration) { number in
            let isLater = scheduled > 0 && number.isMultiple(of: scheduled)
            let schedule =
                isLater ? Instant.now.advanced(bySeconds: Int64(2 + number / scheduled % 4)).description : nil
            return RequestBytes.post(
                "/api/notifications", headers: headers, json: traffic.json(number, schedule: schedule))
        }
    }

    /// How many notifications a second get from a POST into the inbox, where as many are sent as the API takes.
    func capacity(of pipeline: BenchPipeline, for duration: Duration, on pool: PostgresPool) async throws -> Double {
        let warm = try await self.warmUp(pipeline, rate: 200, on: pool)
        let clock = ContinuousClock()
        let began = clock.now
        let outcome = try await self.posts(to: pipeline.port, .closed, for: duration).run()
        let accepted = outcome.statuses[202] ?? 0
        guard accepted > 0 else { throw CommandFailure("no POST was accepted: \(outcome.statuses)") }
        try await self.waitForInbox(warm + accepted, within: .seconds(120), on: pool)
        return Double(accepted) / ((clock.now - began) / .seconds(1))
    }

    /// POSTs at a rate until every daemon has its part: consumers join their groups seconds after they are ready, and what
    /// lay ready by then would be measured as a burst.
    ///
    /// - Returns: how many are in the inboxes.
    func warmUp(_ pipeline: BenchPipeline, rate: Double, on pool: PostgresPool) async throws -> Int {
        let load = try await self.bench.openLoad(
            [pipeline.port], rate: rate, duration: self.bench.duration(.seconds(2), quick: .seconds(1)),
            self.posts(1_000))
        let count = load.statuses[202] ?? 0
        try await self.waitForInbox(count, on: pool)
        return count
    }

    /// Waits until the inbox holds so many decisions.
    ///
    /// - Throws: ``CommandFailure`` where it does not within that time.
    func waitForInbox(_ count: Int, within patience: Duration = .seconds(60), on pool: PostgresPool) async throws {
        let deadline = ContinuousClock.now + patience
        while true {
            let there = try await pool.count("SELECT count(*) AS count FROM inbox")
            if there >= count { return }
            guard ContinuousClock.now < deadline else {
                throw CommandFailure("of \(count) notifications that were accepted, \(there) are in the inbox in time")
            }
            // A count of so many rows takes a moment itself; this leaves the server to what is measured.
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}

extension PostgresPool {
    /// The column `count` of the only row.
    func count(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> Int {
        Int(try await self.query(sql, parameters)[0].decode("count", as: Int64.self))
    }
}
