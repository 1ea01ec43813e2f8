import Postgres

@testable import Harness

/// A transaction that sees the past, over several runs: what dies meanwhile can't be vacuumed. It asks for no table, whose
/// lock would keep other faults from being injected.
actor LongSnapshot {
    private let url: String
    private var held: (connection: PostgresConnection, since: ContinuousClock.Instant)?

    init(url: String) {
        self.url = url
    }

    /// Begins it, if it isn't held, or was ended from outside.
    /// - Returns: how long it has been held.
    func hold() async throws -> Duration {
        if let held = self.held {
            do {
                _ = try await held.connection.query("SELECT 1")
                return ContinuousClock.now - held.since
            } catch {
                await self.release()
            }
        }
        let connection = try await PostgresConnection.connect(
            PostgresConfiguration(
                url: self.url, applicationName: "snapshot", statementTimeout: .seconds(20),
                idleInTransactionTimeout: .zero), logger: quiet)
        self.held = (connection, .now)
        try await connection.execute(script: "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
        return .zero
    }

    func release() async {
        await self.held?.connection.close()
        self.held = nil
    }
}
