import Foundation
import Kafka
import Logging
import Postgres

/// The Postgres server and the brokers that all stages use, started once.
actor BenchServers {
    /// Of the server's maintenance database, over which databases are made and dropped.
    nonisolated let postgresURL: String
    nonisolated let brokers: String
    /// `nil` for a cluster of somebody else's.
    nonisolated let embedded: EmbeddedBroker?
    private let postgres: LocalPostgres?
    private let folder: String?

    private init(
        postgresURL: String, brokers: String, embedded: EmbeddedBroker?, postgres: LocalPostgres?, folder: String?
    ) {
        self.postgresURL = postgresURL
        self.brokers = brokers
        self.embedded = embedded
        self.postgres = postgres
        self.folder = folder
    }

    /// Durable as in production (`fsync`, `synchronous_commit`), with a quarter of the machine's memory, which is where
    /// PostgreSQL's manual would begin (section 20.4.1, `shared_buffers`).
    static let postgresSettings = [
        "shared_buffers": "\(ProcessInfo.processInfo.physicalMemory / (4 << 20))MB", "max_wal_size": "8GB",
        "max_connections": "100", "checkpoint_timeout": "30min",
        // A snapshot that others hold open is part of what is measured; their idling is not to be ended.
        "idle_in_transaction_session_timeout": "0",
    ]

    static func start(kafkaBrokers: String?, postgresURL: String?, console: Console) async throws -> BenchServers {
        // All embedded brokers share one thread, and each of them is asked anew by every consumer after a few ms without
        // data: three would only cost three times that.
        let embedded = try kafkaBrokers == nil ? EmbeddedBroker(brokers: 1, logger: Surroundings.logger) : nil
        if let postgresURL {
            return BenchServers(
                postgresURL: postgresURL, brokers: kafkaBrokers ?? embedded?.bootstrapServers ?? "",
                embedded: embedded, postgres: nil, folder: nil)
        }
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "notifi-bench-\(UUID().uuidString.prefix(8))"
        )
        .path(percentEncoded: false)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        let postgres = try LocalPostgres(
            LocalPostgres.Configuration(directory: "\(folder)/postgres", settings: self.postgresSettings))
        try await postgres.start()
        return BenchServers(
            postgresURL: postgres.url, brokers: kafkaBrokers ?? embedded?.bootstrapServers ?? "", embedded: embedded,
            postgres: postgres, folder: folder)
    }

    /// Removes what it started, with all its data.
    func stop() async {
        self.embedded?.close()
        guard let postgres, let folder else { return }
        do {
            try await postgres.remove()
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            Surroundings.logger.warning("\(folder) is left behind: \(error)")
        }
    }

    /// The server's process, where it was started here.
    func postgresPID() async -> Int32? { await self.postgres?.pid }

    nonisolated var canRestartPostgres: Bool { self.postgres != nil }

    func restartPostgres() async throws { try await self.postgres?.restart() }

    /// - Returns: its URL.
    func makeDatabase(_ name: String) async throws -> String {
        try await self.execute("CREATE DATABASE \(name)")
        guard var url = URLComponents(string: self.postgresURL) else {
            throw CommandFailure("\(self.postgresURL) is not a URL")
        }
        url.path = "/\(name)"
        return url.string ?? self.postgresURL
    }

    func dropDatabase(_ name: String) async throws {
        try await self.execute("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }

    /// - Parameter statement: made of names that are ours.
    private func execute(_ statement: String) async throws {
        try await Surroundings.withPool(
            PostgresConfiguration(url: self.postgresURL, applicationName: "notifi-bench")
        ) { pool in
            try await pool.withConnection { _ = try await $0.query(statement) }
        }
    }
}

extension BenchServers {
    nonisolated func makeTopics(_ names: [String], partitions: Int) async throws {
        if let embedded {
            for name in names { try embedded.createTopic(name, partitions: partitions) }
            return
        }
        let admin = KafkaAdmin(
            configuration: KafkaConfiguration(brokers: self.brokers, clientID: "notifi-bench"),
            logger: Surroundings.logger)
        let outcomes = try await admin.createTopics(
            names.map { KafkaTopicSpecification(name: $0, partitions: Int32(partitions), replication: 3) })
        for case .failed(let error) in outcomes.values { throw error }
    }
}
