import Crypto
import FoundationEssentials
import Hummingbird
import HummingbirdCore
import JWTKit
import Kafka
import Logging
import NIOCore
import Notifications
import Operations
import Postgres
import ServiceLifecycle
import Store
import TestSupport
import Wire

@testable import API

/// The API's two hot routes behind a socket, with a broker of their own and without Postgres: once as they are in
/// production, and once through the framework alone.
struct HotWorld: Sendable {
    struct Limits: Sendable {
        var user = 100
        var token = 0
        var sends = 100
        var inboxes = 100
        var messageTimeout: Duration = .seconds(3)
        var idle: Duration = .seconds(60)
        var origins: [String] = []
    }

    static let bearer = "notifi_good"
    static let topics = Topics(prefix: "p")
    private static let quiet = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }

    let broker: EmbeddedBroker
    let port: Int
    let directory: ServiceDirectory
    let versions: InboxVersions
    let sessions: Sessions
    let sends: Gate
    /// Tells the server to stop, as SIGTERM does, and returns at once.
    let stop: @Sendable () async -> Void

    /// Runs `body` against a running API.
    ///
    /// - Parameters:
    ///   - isHot: whether the hot routes are in front of the framework.
    ///   - hasRoutes: whether the framework has them too.
    static func with<Result: Sendable>(
        isHot: Bool, hasRoutes: Bool = true, _ limits: Limits = Limits(),
        _ body: @Sendable (HotWorld) async throws -> Result
    ) async throws -> Result {
        let broker = try EmbeddedBroker(brokers: 1, logger: Self.quiet)
        defer { broker.close() }
        try broker.createTopic(Self.topics.requests, partitions: 2)
        let producer = try KafkaProducer(
            configuration: KafkaConfiguration(brokers: broker.bootstrapServers, clientID: "tests"), logger: Self.quiet,
            messageTimeout: limits.messageTimeout)
        let pool = PostgresPool(
            configuration: PostgresConfiguration(url: "postgresql://127.0.0.1:1/x"), logger: Self.quiet)
        let tokens = TokenLimits(fallback: limits.token)
        let directory = ServiceDirectory(pool: pool, limits: tokens, health: Health(), logger: Self.quiet)
        directory.use(Self.contents)
        let origins = OriginPolicy(publicOrigin: nil, allowed: limits.origins)
        let sessions = try await secretSessions()
        let versions = InboxVersions(
            pool: pool, gate: Gate("lookup", Admission(mostRequests: 100), spreadSeconds: 1), limit: 1_000,
            expirySeconds: 600, lookUp: { Int64($0.utf8.count) })
        versions.trust()
        let answers = InboxAnswers(
            versions: versions, pollIntervalSeconds: 30, connections: 4, requestsPerMinute: 120,
            gate: Gate("inbox", Admission(mostRequests: limits.inboxes), spreadSeconds: 1))
        let access = ServiceAccess(directory: directory, limits: tokens)
        let deeds = Deeds(audit: try AuditStream(to: .file("/dev/null"), logger: Self.quiet), metrics: ServiceMetrics())
        let send = SendRoute(
            access: access,
            accepting: Accepting(
                directory: directory, hosts: try AllowedHosts(["example.com"]), producer: producer,
                topics: Self.topics, limit: UserLimit(perMinute: limits.user), deeds: deeds, logger: Self.quiet),
            gate: Gate("send", Admission(mostRequests: limits.sends), spreadSeconds: 1))
        let pages = UnreadPages(lanes: 2, ask: Self.pages)
        let unread = UnreadRoute(
            access: PersonAccess(sessions: sessions, origins: origins), pool: pool, pages: pages, answers: answers)
        let rules = AnswerRules(metrics: AnswerMetrics(), services: deeds.metrics)
        let hot = HotRoutes(send: send, unread: unread, rules: rules, origins: origins, logger: Self.quiet)

        let router = Hummingbird.Router(context: APIContext.self)
        router.add(middleware: CrossOriginMiddleware(origins: origins))
        router.add(middleware: AnswerMiddleware(rules: rules, paths: KnownPaths([])))
        if hasRoutes {
            router.post("/api/notifications", use: send.handle)
            router.get("/api/notifications/unread", use: unread.handle)
        }
        let (ports, announce) = AsyncStream.makeStream(of: Int.self)
        let idle = TimeAmount(limits.idle)
        let application = Application(
            router: router,
            server: .http1(
                configuration: isHot
                    ? .init(additionalChannelHandlers: [HotInstaller(routes: hot, idleTimeout: idle)], idleTimeout: nil)
                    : .init(idleTimeout: idle)),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0), serverName: nil),
            onServerRunning: { channel in announce.yield(channel.localAddress?.port ?? 0) }, logger: Self.quiet)
        let services = ServiceGroup(services: [application], logger: Self.quiet)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await producer.run() }
            group.addTask { await pages.run() }
            group.addTask { try await services.run() }
            defer { group.cancelAll() }
            for await port in ports {
                while !producer.isRunning { await Task.yield() }
                return try await body(
                    HotWorld(
                        broker: broker, port: port, directory: directory, versions: versions, sessions: sessions,
                        sends: send.gate, stop: { await services.triggerGracefulShutdown() }))
            }
            throw CancellationError()
        }
    }

    /// The same for every world.
    private static let items = Result {
        var random = SeededGenerator(seed: 7)
        return try (0..<101).map { _ in try InboxItemTextTests.item(&random) }
    }

    /// What Postgres would tell: each user's inbox is of the version that `lookUp` says.
    @Sendable private static func pages(
        _ users: [String]
    ) async throws -> [Result<InboxPage.Page, TooManyRequests>] {
        if users.contains("away") { throw PostgresError(code: .connection, message: "away") }
        return try users.map { user in
            let items = Array(try self.items.get().prefix(["many": 101, "full": 100, "nobody": 0][user] ?? 3))
            let allowance = RequestAllowance(limit: 120, left: user == "over" ? 0 : 7, secondsLeft: 5)
            if user == "over" { return .failure(TooManyRequests(allowance)) }
            return .success(
                InboxPage.Page(version: Int64(user.utf8.count), items: items, allowance: allowance))
        }
    }

    private static let contents: ServiceDirectory.Contents = {
        func token(_ name: String, scopes: Set<String>, types: Set<String>? = nil) -> ServiceToken {
            ServiceToken(id: UUID(), service: UUID(), serviceName: name, scopes: scopes, eventTypes: types)
        }
        let tokens = [
            Self.bearer: token("shop", scopes: ["send"]), "notifi_reader": token("reader", scopes: ["read"]),
            "notifi_narrow": token("narrow", scopes: ["send"], types: ["other"]),
        ]
        return ServiceDirectory.Contents(
            tokens: Dictionary(
                uniqueKeysWithValues: tokens.map { (Array(SHA256.hash(data: Array($0.key.utf8))), $0.value) }),
            types: [
                "new_message": EventType(name: "new_message", label: "New message"),
                "old": EventType(name: "old", label: "Old", isDisabled: true),
            ])
    }()
}

extension InboxVersions {
    /// As though the tail had come to its end, and a heartbeat had come back.
    func trust() {
        self.restart([0])
        let beat = self.beat()
        self.apply([.heartbeat(beat.number, partition: 0)])
    }
}
