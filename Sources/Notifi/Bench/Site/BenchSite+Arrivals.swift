import Notifications
import Operations
import Postgres

/// One of a load's notifications, in its inbox.
struct Arrival: Sendable {
    /// Seconds since 1970.
    let at: Double
    /// Of its POST.
    let number: Int
}

extension BenchSite {
    /// Everything in the inbox of what was accepted from then on, in the order of its arrival.
    ///
    /// - Parameters:
    ///   - accepted: the numbers to wait for.
    ///   - patience: it returns without the missing ones then.
    func arrivals(
        of accepted: [Int], since began: Instant, within patience: Duration, on pool: PostgresPool
    ) async throws -> [Arrival] {
        let deadline = ContinuousClock.now + patience
        while true {
            let arrivals = try await pool.query(
                """
                SELECT extract(epoch FROM delivered_at)::float8 AS at, message FROM inbox WHERE accepted_at >= $1
                ORDER BY delivered_at
                """, [.timestamptz(microsecondsSinceUnixEpoch: began.microseconds)]
            ).compactMap { row in
                let message = try row.decode("message", as: String.self)
                return try BenchTraffic.number(of: message).map {
                    Arrival(at: try row.decode("at", as: Double.self), number: $0)
                }
            }
            let isThere = Reckoning(accepted: accepted, arrived: arrivals.map(\.number)).lost == 0
            if isThere || ContinuousClock.now >= deadline { return arrivals }
            // Leaves the server to what is still to come.
            try await Task.sleep(for: .milliseconds(250))
        }
    }
}
