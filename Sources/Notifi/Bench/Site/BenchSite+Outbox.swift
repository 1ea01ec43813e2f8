import Notifications
import Operations
import Postgres

extension BenchSite {
    /// Stores so many scheduled notifications, all of them due by now, a microsecond apart.
    ///
    /// - Parameter shards: shared out evenly.
    /// - Returns: the due time of the first one, in microseconds since 1970.
    @discardableResult
    func fillOutbox(_ count: Int, shards: Int = 1) async throws -> Int64 {
        let first = Instant.now.advanced(bySeconds: -3_600)
        try await self.withPool { pool in
            try await OutboxFill(service: self.service, shards: shards).add(count, firstDue: first, on: pool)
            // One by one: several in one script would be a transaction, in which nothing is vacuumed.
            for script in ["VACUUM (ANALYZE) outbox", "CHECKPOINT"] {
                try await pool.withConnection { try await $0.execute(script: script) }
            }
        }
        return first.microseconds
    }

    func countOutbox() async throws -> Int {
        try await self.withPool { try await $0.count("SELECT count(*) AS count FROM outbox") }
    }

    /// With somebody's transaction open elsewhere, whose snapshot keeps Postgres from clearing away what is deleted.
    func withSnapshot<R: Sendable>(held: Bool, _ body: @escaping @Sendable () async throws -> R) async throws -> R {
        guard held else { return try await body() }
        return try await self.withPool { pool in
            try await pool.withConnection { connection in
                try await connection.execute(script: "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
                return try await body()
            }
        }
    }
}
