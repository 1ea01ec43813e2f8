import Postgres

extension Database {
    /// Lets nobody write into a table while `body` runs. Reading goes on.
    func withWritesHeldUp<Success: Sendable>(
        in table: String, _ body: @Sendable () async throws -> Success
    ) async throws -> Success {
        try await self.pool.transaction { connection in
            // Or it would be let go of after five seconds.
            _ = try await connection.query("SET LOCAL idle_in_transaction_session_timeout = 0")
            _ = try await connection.query("LOCK TABLE \(table) IN EXCLUSIVE MODE")
            return try await body()
        }
    }
}
