import Hummingbird
import HummingbirdCore
import Kafka
import NIOCore
import Notifications
import Operations
import Postgres
import ServiceLifecycle
import Store
import Wire

/// The composition root: the keys of sessions first, for without them nothing is to start; then clients, what holds tokens,
/// and the server that uses them.
func buildAPI(_ context: DaemonContext) async throws -> [any Service] {
    let settings = context.settings
    let logger = context.logger
    let hosts = try actionHosts(settings)
    let sessions = try await preparedSessions(context)
    let audit = try openedAudit(context)
    let topics = Topics(prefix: settings[KafkaSettings.topicPrefix])
    let kafka = KafkaConfiguration(settings: settings, clientID: context.daemon)
    let pool = PostgresPool(
        configuration: PostgresConfiguration(settings: settings, applicationName: context.daemon), logger: logger)
    let producer = try KafkaProducer(configuration: kafka, logger: logger)
    // It accepts without Postgres and shows inboxes without Kafka: either is enough.
    context.health.checkKafka(kafka, topics: topics.all, .anyOf("kafka and postgres"), logger: logger)
    context.health.checkPostgres(pool, .anyOf("kafka and postgres"), logger: logger)

    let limits = TokenLimits(fallback: settings[APISettings.tokenRequestsPerMinute])
    let directory = ServiceDirectory(pool: pool, limits: limits, health: context.health, logger: logger)

    let origins = OriginPolicy(
        publicOrigin: settings[APISettings.publicOrigin], allowed: settings[APISettings.corsOrigins])
    let services = ServiceAccess(directory: directory, limits: limits)
    let people = PersonAccess(sessions: sessions, origins: origins)
    let deeds = Deeds(audit: audit, metrics: ServiceMetrics())
    let accepting = Accepting(
        directory: directory, hosts: hosts, producer: producer, topics: topics,
        limit: UserLimit(perMinute: settings[PipelineSettings.userLimit]), deeds: deeds, logger: logger)
    let sent = Sent(pool: pool, shards: Int32(settings[PipelineSettings.shards]))
    let gates = Gates(settings: settings)
    let lookups = InboxLookups(pool: pool)
    let versions = InboxVersions(
        pool: pool, gate: gates.lookups, limit: settings[APISettings.inboxCacheUsers],
        expirySeconds: settings[APISettings.inboxCacheSeconds], lookUp: lookups.version(of:))
    let tail = InboxTail(
        configuration: kafka, topic: topics.inboxChanges, fetchWaitMax: settings[KafkaSettings.fetchWaitMax],
        producer: producer, versions: versions, logger: logger)
    let changes = InboxChanges(versions: versions, producer: producer, topics: topics)
    let answers = InboxAnswers(
        versions: versions, pollIntervalSeconds: settings[APISettings.pollInterval],
        connections: settings[PostgresSettings.poolSize], requestsPerMinute: settings[APISettings.inboxRequests],
        gate: gates.inboxes)
    let pages = UnreadPages(lanes: settings[PostgresSettings.poolSize] / 2) {
        try await InboxPage.run(
            UnreadRoute.query(), of: $0, requestsPerMinute: settings[APISettings.inboxRequests], on: pool)
    }
    let marking = InboxMarking(pool: pool, changes: changes, answers: answers)
    let routes = Routes(
        send: SendRoute(access: services, accepting: accepting, gate: gates.sends),
        sendBatch: SendBatchRoute(access: services, accepting: accepting, gate: gates.batches),
        list: ListRoute(access: services, sent: sent), get: GetRoute(access: services, sent: sent),
        reschedule: RescheduleRoute(access: services, sent: sent, deeds: deeds),
        cancel: CancelRoute(access: services, sent: sent, changes: changes, deeds: deeds),
        unread: UnreadRoute(access: people, pool: pool, pages: pages, answers: answers),
        markRead: MarkReadRoute(access: people, marking: marking),
        inbox: InboxRoute(access: people, pool: pool, answers: answers, directory: directory),
        counts: CountsRoute(access: people, pool: pool, answers: answers),
        mark: MarkRoute(access: people, marking: marking),
        readAll: MarkAllRoute(access: people, pool: pool, changes: changes, answers: answers, mark: .read),
        seenAll: MarkAllRoute(access: people, pool: pool, changes: changes, answers: answers, mark: .seen),
        preferences: PreferencesRoutes(access: people, pool: pool, answers: answers),
        session: SessionRoutes(access: people),
        eraseUser: EraseUserRoute(
            access: services, pool: pool, changes: changes,
            topicRetentionDays: settings[PipelineSettings.topicRetentionDays], deeds: deeds),
        origins: origins, rules: AnswerRules(metrics: AnswerMetrics(), services: deeds.metrics),
        queries: gates.queries)
    let hot = HotRoutes(
        send: routes.send, unread: routes.unread, rules: routes.rules, origins: origins, logger: logger)
    let idleTimeout = TimeAmount(settings[APISettings.idleTimeout])

    let server = Application(
        router: routes.router(),
        server: .http1(
            configuration: .init(
                additionalChannelHandlers: [HotInstaller(routes: hot, idleTimeout: idleTimeout)], idleTimeout: nil)),
        configuration: ApplicationConfiguration(
            address: .hostname(settings[APISettings.host], port: settings[APISettings.port]), serverName: nil,
            backlog: settings[LoadSettings.backlog],
            availableConnectionsDelegate: MaximumAvailableConnections(settings[LoadSettings.connections])),
        onServerRunning: { channel in
            if let port = channel.localAddress?.port { context.announce(http: port) }
        }, logger: logger)
    return [
        BackgroundService("Postgres pool") { await pool.run() },
        BackgroundService("Kafka producer") { try await producer.run() },
        BackgroundService("inbox lookups") { await lookups.run() },
        BackgroundService("unread pages") { await pages.run() },
        ChangeAnnouncer(changes: changes, logger: logger), audit,
        BackgroundService("inbox changes") { try await tail.run() },
        InboxRefresher(versions: versions, logger: logger), directory, sessions,
        CancelFinisher(sent: sent, changes: changes, directory: directory, deeds: deeds, logger: logger),
        server,
    ]
}

/// - Throws: `SettingsError` where an entry is no host.
private func actionHosts(_ settings: Settings) throws -> AllowedHosts {
    do {
        return try AllowedHosts(settings[APISettings.actionHosts])
    } catch {
        let setting = APISettings.actionHosts
        throw SettingsError(faults: [
            "\(setting.environmentName) (\(setting.definition.name)): expected hosts such as example.com or "
                + "*.example.com, found \(error.text.debugDescription)"
        ])
    }
}

/// - Throws: `SettingsError` where authentication is not configured, or not soundly.
private func preparedSessions(_ context: DaemonContext) async throws -> Sessions {
    do {
        let sessions = try Sessions(settings: context.settings, health: context.health, logger: context.logger)
        try await sessions.prepare()
        return sessions
    } catch let error as SessionConfigurationError {
        throw SettingsError(faults: [error.description])
    }
}

/// - Throws: `SettingsError` where its file cannot be opened.
private func openedAudit(_ context: DaemonContext) throws -> AuditStream {
    do {
        return try AuditStream(settings: context.settings, otherwise: .standardOutput, logger: context.logger)
    } catch let error as AuditError {
        throw SettingsError(faults: [error.description])
    }
}
