import Foundation
import Glibc
import Kafka
import Logging
import Operations
import Postgres

/// What the commands find around them: settings from the environment and the file, and a logger for people.
enum Surroundings {
    static let logger = Logs.logger(daemon: "notifi", level: .warning, format: .text)

    /// Runs `body` with connections to the database of `NOTIFI_POSTGRES_URL`, and closes them.
    static func withDatabase<R: Sendable>(
        _ body: @escaping @Sendable (PostgresPool) async throws -> R
    ) async throws -> R {
        let settings = try Settings.load(Settings.postgres)
        return try await self.withPool(PostgresConfiguration(settings: settings, applicationName: "notifi"), body)
    }

    /// Runs `body` with connections as configured, and closes them.
    static func withPool<R: Sendable>(
        _ configuration: PostgresConfiguration, _ body: @escaping @Sendable (PostgresPool) async throws -> R
    ) async throws -> R {
        var configuration = configuration
        // A person waits, and for one answer.
        configuration.poolSize = 1
        configuration.acquireTimeout = .seconds(5)
        let pool = PostgresPool(configuration: configuration, logger: self.logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await pool.run() }
            let result: R
            do {
                result = try await body(pool)
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
            return result
        }
    }

    /// The brokers of `NOTIFI_KAFKA_BROKERS`, and the prefix of the topics.
    static func kafka() throws -> (admin: KafkaAdmin, prefix: String) {
        let settings = try Settings.load(Settings.kafka)
        let configuration = KafkaConfiguration(settings: settings, clientID: "notifi")
        return (KafkaAdmin(configuration: configuration, logger: self.logger), settings[KafkaSettings.topicPrefix])
    }

    /// Where a command writes down what it changed: the file of `NOTIFI_AUDIT_FILE`, else standard error. Open it before
    /// anything is changed.
    static func audit() throws -> AuditStream {
        try AuditStream(
            settings: Settings.load([AuditSettings.file]), otherwise: .standardError, logger: self.logger)
    }

    /// The operating system's name of whoever runs this.
    static var userName: String {
        let name = ProcessInfo.processInfo.userName
        return name.isEmpty ? "uid \(getuid())" : name
    }

    /// The same, as the audit names them.
    static var actor: AuditLine.Actor { .systemUser(self.userName) }

    /// Of the environment; an empty one counts as not set.
    static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
