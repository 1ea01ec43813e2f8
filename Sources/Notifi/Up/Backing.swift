import Foundation
import Kafka
import Logging
import Operations
import Postgres
import Store
import Wire

/// What the daemons stand on: a database with a schema, a broker with topics, and a demo service. Started in order, and
/// stopped the other way round.
actor Backing {
    /// What the daemons need to know of it.
    struct Started: Sendable {
        let connections: Connections
        let secrets: DemoSecrets
        let serviceToken: String
        let userToken: String
    }

    static let demoService = "demo"
    static let demoUser = "demo"

    private let plan: UpPlan
    private let folder: StateFolder
    private let console: Console
    private let topics: Topics
    private var postgres: LocalPostgres?
    private var broker: EmbeddedBroker?
    private var result: Started?

    /// How long what was accepted may take to arrive, once the API no longer accepts.
    private static let patience = Duration.seconds(15)
    /// How long somebody else's Postgres or Kafka may take to answer at the start.
    private static let externalTimeout = Duration.seconds(30)

    init(plan: UpPlan, folder: StateFolder, console: Console) {
        self.plan = plan
        self.folder = folder
        self.console = console
        self.topics = Topics(prefix: plan.topicPrefix)
    }

    /// - Precondition: `start()` has returned.
    var started: Started {
        guard let result else { preconditionFailure("the daemons need what was not started") }
        return result
    }

    /// - Throws: what to show to a person. What was started by then goes on until ``stop()``.
    func start() async throws {
        var secrets = try DemoSecrets.load(from: self.folder)
        let connections = Connections(brokers: try await self.startKafka(), postgres: try await self.startPostgres())
        let token = try await self.prepareDatabase(connections.postgres, secrets: &secrets)
        self.result = Started(
            connections: connections, secrets: secrets, serviceToken: token,
            userToken: try await UserToken.make(
                user: Self.demoUser, lifetime: .seconds(30 * 86_400), secret: secrets.sessionSecret,
                issuer: Surroundings.variable("NOTIFI_SESSION_JWT_ISSUER"),
                audience: Surroundings.variable("NOTIFI_SESSION_JWT_AUDIENCE")))
    }

    /// Stops what was started, however far that went.
    func stop() async {
        if let postgres {
            self.console.say("Stopping Postgres")
            do {
                try await postgres.stop()
                try await self.stopForeignPostgres()
            } catch {
                self.console.say("Postgres: \(error)")
            }
        }
        self.broker?.close()
    }

    /// Returns when the private Postgres has ended, for whatever reason; at once where there is none.
    func postgresEnded() async {
        await self.postgres?.ended()
    }

    /// Someone may have stopped the private cluster and started it again by hand. To start takes over whatever runs on
    /// the data, and so it can be stopped.
    private func stopForeignPostgres() async throws {
        guard FileManager.default.fileExists(atPath: "\(self.folder.postgres)/data/postmaster.pid") else { return }
        let postgres = try LocalPostgres(directory: self.folder.postgres)
        try await postgres.start()
        try await postgres.stop()
    }

    /// - Returns: the messages that the daemon has yet to read; `nil` where it can't be told.
    func drain(_ daemon: Daemon, patiently: Bool) async -> Int64? {
        guard let result else { return 0 }
        let drain = Drain(
            admin: KafkaAdmin(
                configuration: KafkaConfiguration(brokers: result.connections.brokers, clientID: "notifi-up"),
                logger: Surroundings.logger),
            topics: self.topics, patience: Self.patience)
        return await drain.wait(for: daemon, patiently: patiently)
    }

    // MARK: Kafka

    private func startKafka() async throws -> String {
        if case .external(let brokers) = self.plan.kafka {
            try await self.prepareTopics()
            return brokers
        }
        let broker = try EmbeddedBroker(brokers: 3, logger: Surroundings.logger)
        self.broker = broker
        for topic in self.topics.all {
            try broker.createTopic(topic, partitions: 16, replication: 3)
        }
        self.console.say("The embedded broker is up: \(broker.bootstrapServers)")
        self.console.say("It is for trying out only: its log is in memory, ends with this, and drops the oldest data")
        self.console.say("of a partition beyond 5 MiB. For more, set \(UpPlan.brokersName) to a Kafka cluster.")
        return broker.bootstrapServers
    }

    private func prepareTopics() async throws {
        let (admin, _) = try Surroundings.kafka()
        self.console.say("Using the Kafka cluster of \(UpPlan.brokersName)")
        let missing = try await admin.missingTopics(of: self.topics.all, timeout: Self.externalTimeout)
        guard !missing.isEmpty else { return }
        throw UpFailure("topics are missing (\(missing.joined(separator: ", "))): run notifi topics create")
    }

    // MARK: Postgres

    private func startPostgres() async throws -> String {
        if case .external(let url) = self.plan.postgres {
            self.console.say("Using the database of \(UpPlan.postgresName)")
            return url
        }
        self.console.say("Starting a private Postgres in \(self.folder.postgres)")
        let console = self.console
        let postgres = try LocalPostgres(directory: self.folder.postgres) { line in
            // Its log is for those who look for a fault; of the rest it says enough itself.
            if ["FATAL:", "PANIC:", "WARNING:"].contains(where: line.hasPrefix) || !line.contains(":  ") {
                console.say("Postgres: \(line)")
            }
        }
        self.postgres = postgres
        try await postgres.start()
        console.say("Postgres is up")
        return postgres.url
    }

    /// Brings the schema up to date, and makes sure that the demo service's token is known.
    private func prepareDatabase(_ url: String, secrets: inout DemoSecrets) async throws -> String {
        let kept = secrets.serviceToken
        let audit = try AuditStream(
            to: .file(self.plan.auditFile(otherwise: self.folder.auditFile)), logger: Surroundings.logger)
        let (migrated, token) = try await Surroundings.withPool(
            PostgresConfiguration(url: url, applicationName: "notifi-up", acquireTimeout: Self.externalTimeout)
        ) { pool in
            let migrated = try await Migrator(pool: pool, logger: Surroundings.logger).migrate()
            return (migrated, try await Self.token(kept, on: pool, audit: audit))
        }
        if !migrated.isEmpty {
            self.console.say("Migrated the database: \(migrated.joined(separator: ", "))")
        }
        if token != kept {
            secrets.serviceToken = token
            try secrets.save(to: self.folder)
        }
        return token
    }

    /// The kept token, if the database still takes it, or a new one.
    private static func token(
        _ kept: String?, on pool: PostgresPool, audit: AuditStream
    ) async throws -> String {
        if let kept, try await LoadServiceTokens.run(on: pool)[ServiceSecret(text: kept).hash] != nil {
            return kept
        }
        let made = ServiceSecret.make()
        let added = try await AddToken.run(
            serviceName: Self.demoService, hash: made.hash, scopes: Scopes.all, eventTypes: nil, on: pool)
        audit.write(
            AuditLine(
                .createToken, by: Surroundings.actor, outcome: "created", service: Self.demoService,
                tokenID: added.token))
        return made.text
    }
}
