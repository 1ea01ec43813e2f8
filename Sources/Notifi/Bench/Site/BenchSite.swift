import Foundation
import Kafka
import Operations
import Postgres
import Store
import Wire

/// An installation for one stage: a fresh database with the schema, fresh topics, a service, and daemons on demand.
struct BenchSite: Sendable {
    let bench: Bench
    let database: String
    let postgresURL: String
    let topics: Topics
    let topicPrefix: String
    /// The id of the service that sends.
    let service: UUID
    let serviceToken: String
    let sessionSecret: String

    static func make(on servers: BenchServers, partitions: Int, bench: Bench) async throws -> BenchSite {
        let mark = UUID().uuidString.prefix(8).lowercased()
        let database = "notifi_bench_\(mark)"
        let url = try await servers.makeDatabase(database)
        do {
            return try await self.make(mark, (database, url), on: servers, partitions: partitions, bench: bench)
        } catch {
            // On a server of somebody else's nobody would remove it. Where that fails as well, the first error tells more.
            try? await Task { try await servers.dropDatabase(database) }.value
            throw error
        }
    }

    private static func make(
        _ mark: String, _ database: (name: String, url: String), on servers: BenchServers, partitions: Int, bench: Bench
    ) async throws -> BenchSite {
        let secret = ServiceSecret.make()
        let service = try await Surroundings.withPool(
            PostgresConfiguration(url: database.url, applicationName: "notifi-bench")
        ) { pool in
            _ = try await Migrator(pool: pool, logger: Surroundings.logger).migrate()
            return try await AddToken.run(
                serviceName: "bench", hash: secret.hash, scopes: Scopes.all, eventTypes: nil, on: pool
            ).service
        }
        let prefix = "bench-\(mark)"
        let topics = Topics(prefix: prefix)
        try await servers.makeTopics(topics.all, partitions: partitions)
        return BenchSite(
            bench: bench, database: database.name, postgresURL: database.url, topics: topics, topicPrefix: prefix,
            service: service, serviceToken: secret.text, sessionSecret: ServiceSecret.make().text)
    }

    var kafka: KafkaConfiguration {
        KafkaConfiguration(brokers: self.bench.servers.brokers, clientID: "notifi-bench")
    }

    /// Started and ready before `body`, and stopped by SIGTERM after it.
    ///
    /// - Parameter environment: on top of what every daemon gets; the defaults of production otherwise.
    func withDaemon<R: Sendable>(
        _ daemon: Daemon, environment: [String: String] = [:], _ body: @Sendable (BenchDaemon) async throws -> R
    ) async throws -> R {
        var all = self.environment
        if daemon == .api {
            all["NOTIFI_HTTP_HOST"] = "127.0.0.1"
            all["NOTIFI_HTTP_PORT"] = "0"
            all["NOTIFI_SESSION_JWT_SECRET"] = self.sessionSecret
        }
        return try await BenchDaemon.running(
            daemon, programs: self.bench.programs, folder: self.bench.folder,
            environment: all.merging(environment) { $1 },
            body)
    }

    private var environment: [String: String] {
        var all = [
            "NOTIFI_KAFKA_BROKERS": self.bench.servers.brokers, "NOTIFI_POSTGRES_URL": self.postgresURL,
            "NOTIFI_KAFKA_TOPIC_PREFIX": self.topicPrefix,
        ]
        if self.bench.servers.embedded != nil { all.merge(UpPlan.embeddedBrokerSettings) { $1 } }
        return all
    }
}
