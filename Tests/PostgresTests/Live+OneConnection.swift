import Testing

@testable import Postgres

extension Live {
    /// A pool of one connection, told apart by its backend.
    static func withOne(
        _ change: (inout PostgresConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (PostgresPool, Int32) async throws -> Void
    ) async throws {
        try await Live.withPool({
            $0.poolSize = 1
            change(&$0)
        }) { pool async throws in
            try await body(pool, try await self.backend(pool))
        }
    }

    /// For statements that are to be cancelled: on a busy machine too, nothing else ends them, nor their connection.
    static func outlasting(_ configuration: inout PostgresConfiguration) {
        configuration.statementTimeout = .seconds(120)
        configuration.idleInTransactionTimeout = .seconds(60)
        configuration.responseGrace = .seconds(20)
    }

    static func backend(_ pool: PostgresPool) async throws -> Int32 {
        try await pool.query("SELECT pg_backend_pid()")[0].decode(0, as: Int32.self)
    }

    /// What the server says that the backend did last, and when.
    static func activity(of backend: Int32) async throws -> [String] {
        try await Live.withConnection { other async throws in
            try await other.query(
                "SELECT state, query, query_start::text AS since FROM pg_stat_activity WHERE pid = $1",
                [.int4(backend)]
            ).flatMap { row in try ["state", "query", "since"].map { try row.decode($0, as: String.self) } }
        }
    }

    static func failure(of body: () async throws -> Void) async -> PostgresError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? PostgresError
        }
    }
}
