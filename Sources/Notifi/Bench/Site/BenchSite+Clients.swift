import Kafka
import Operations
import Postgres

extension BenchSite {
    /// With a pool of connections to its database.
    func withPool<R: Sendable>(
        _ size: Int = 1, statementTimeout: Duration = .zero,
        _ body: @escaping @Sendable (PostgresPool) async throws -> R
    ) async throws -> R {
        let pool = PostgresPool(
            configuration: PostgresConfiguration(
                url: self.postgresURL, applicationName: "notifi-bench", poolSize: size,
                statementTimeout: statementTimeout, idleInTransactionTimeout: .zero),
            logger: Surroundings.logger)
        return try await Self.with({ await pool.run() }) { try await body(pool) }
    }

    /// With a producer that runs.
    func withProducer<R: Sendable>(
        _ body: @escaping @Sendable (KafkaProducer) async throws -> R
    ) async throws -> R {
        let producer = try KafkaProducer(configuration: self.kafka, logger: Surroundings.logger)
        return try await Self.with({ try await producer.run() }) { try await body(producer) }
    }

    /// The messages of a topic that the group has yet to read.
    func lag(group: String, topic: String) async throws -> Int64 {
        try await KafkaAdmin(configuration: self.kafka, logger: Surroundings.logger).lag(group: group, topics: [topic])
    }

    private static func with<R: Sendable>(
        _ background: @escaping @Sendable () async throws -> Void, _ body: @escaping @Sendable () async throws -> R
    ) async throws -> R {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await background() }
            let result: R
            do {
                result = try await body()
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
            return result
        }
    }
}
