import Logging
import Metrics
import Operations
import Postgres
import ServiceLifecycle
import Store

/// Keeps the number of dead letters that nobody has settled in the metrics, for an alert.
struct DeadLetterWatch: Service {
    private static let lookEvery: Duration = .seconds(15)

    let pool: PostgresPool
    let logger: Logger

    /// Runs until cancelled or shut down. Every replica tells the same number: an alert takes the largest.
    func run() async throws {
        let open = Metric("dead_letters_open", help: "Dead letters that nobody has replayed or discarded.").gauge()
        while !Task.isShuttingDownGracefully {
            do {
                open.record(try await CountOpenDeadLetters.run(on: self.pool))
            } catch let error as PostgresError {
                self.logger.debug("dead letters were not counted", error: error)
            }
            try await pause(for: Self.lookEvery)
        }
    }
}
