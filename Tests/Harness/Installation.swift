import Foundation
import Kafka
import Notifications
import Postgres
import Store
import Testing
import Wire

@testable import Notifi

/// All of Notifi for the time of a test: brokers, a private Postgres, the four daemons as processes, and two services that
/// may send.
final class Installation: Sendable {
    struct Options: Sendable {
        /// How many of each; one where it says nothing.
        var replicas: [Daemon: Int] = [:]
        /// More variables for all daemons.
        var environment: [String: String] = [:]
        /// More variables for one replica of one daemon, from its number, which begins at 1, and the database's URL.
        var own: @Sendable (_ daemon: Daemon, _ number: Int, _ url: String) async throws -> [String: String] = {
            _, _, _ in [:]
        }
    }

    let brokers: Brokers
    let database: Database
    /// In the order of `Daemon`, replicas beside each other.
    let daemons: [DaemonProcess]
    let service: SendingService
    let otherService: SendingService
    let http: HTTPClient
    private let sessionSecret: String

    var topics: Topics { self.brokers.topics }

    fileprivate init(
        brokers: Brokers, database: Database, daemons: [DaemonProcess], http: HTTPClient,
        services: [(token: String, service: UUID)], sessionSecret: String
    ) {
        self.brokers = brokers
        self.database = database
        self.daemons = daemons
        self.http = http
        self.service = SendingService(http: http, token: services[0].token, id: services[0].service)
        self.otherService = SendingService(http: http, token: services[1].token, id: services[1].service)
        self.sessionSecret = sessionSecret
    }

    func daemons(_ daemon: Daemon) -> [DaemonProcess] { self.daemons.filter { $0.daemon == daemon } }

    /// The first replica.
    subscript(daemon: Daemon) -> DaemonProcess { self.daemons(daemon)[0] }

    /// Starts those that do not run, and returns when all are ready.
    func startAll() async throws {
        try await withThrowingTaskGroup { group in
            for daemon in self.daemons where !daemon.isRunning {
                group.addTask {
                    try await daemon.start()
                    try await daemon.waitUntilReady()
                }
            }
            for try await _ in group {}
        }
    }

    func restart(_ daemon: DaemonProcess) async throws {
        try await daemon.start()
        try await daemon.waitUntilReady()
    }

    /// Brings back whatever a test that failed has left lying.
    func heal() async throws {
        if !Brokers.areExternal { try self.brokers.set(up: true) }
        try await self.database.server.start()
        try await self.startAll()
        for daemon in self.daemons { try await daemon.waitUntilReady() }
    }

    // MARK: People

    /// User ids that no other test has.
    func users(_ count: Int, _ name: String) -> [String] {
        let mark = UUID().uuidString.prefix(6).lowercased()
        return (1...count).map { "\(name)-\(mark)-\($0)" }
    }

    func token(of userID: String) async throws -> String {
        try await UserToken.make(user: userID, lifetime: .seconds(3_600), secret: self.sessionSecret)
    }

    func person(_ userID: String) async throws -> PersonClient {
        PersonClient(http: self.http, userID: userID, session: try await self.token(of: userID))
    }

    func people(_ users: [String]) async throws -> [PersonClient] {
        var people: [PersonClient] = []
        for user in users { people.append(try await self.person(user)) }
        return people
    }

    // MARK: Waiting

    /// Returns when nothing is on its way to these users any more: whatever was read was completed, and nothing waits in
    /// the outbox. What would be doubled is doubled by then.
    func settle(_ users: [String], within limit: Duration = .seconds(60)) async throws {
        try await self.untilRouted(within: limit)
        try await require("the outbox is empty", within: limit) {
            try await self.database.countInOutbox(of: users) == 0
        }
        try await self.settleDeliveries(within: limit)
    }

    private func settleDeliveries(within limit: Duration) async throws {
        try await require("deliveries are delivered", within: limit) {
            try await self.brokers.lag(group: self.topics.deliveryGroup, topic: self.topics.deliveries) == 0
        }
    }

    /// What became of so many, when that and everything else is settled.
    func decisions(
        of users: [String], count: Int, within limit: Duration = .seconds(60)
    ) async throws -> [Database.Decision] {
        try await require("\(count) are decided", within: limit) {
            try await self.database.countInInbox(of: users) >= count
        }
        try await self.settleDeliveries(within: limit)
        let decisions = try await self.database.decisions(of: users)
        #expect(decisions.count == count)
        return decisions
    }

    /// Returns when everything that was accepted so far has been routed.
    func untilRouted(within limit: Duration = .seconds(30)) async throws {
        try await require("requests are routed", within: limit) {
            try await self.brokers.lag(group: self.topics.routerGroup, topic: self.topics.requests) == 0
        }
    }

    func logTails() -> String { self.daemons.map { $0.logTail(lines: 15) }.joined(separator: "\n") }
}

/// Everything started, before `body`, and ended after it, whatever happened.
func withInstallation<Success: Sendable>(
    _ options: Installation.Options = Installation.Options(),
    _ body: @escaping @Sendable (Installation) async throws -> Success
) async throws -> Success {
    let programs = try Programs.folder()
    let folder = FileManager.default.temporaryDirectory.appending(path: "notifi-system-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.path(percentEncoded: false)
    defer {
        // What cannot be removed lies in the temporary folder and is of no harm.
        try? FileManager.default.removeItem(at: folder)
    }
    let brokers = try await Brokers.start()
    defer { brokers.close() }
    let server = try LocalPostgres(Database.configuration(folder: "\(path)/postgres"))
    let result: Result<Success, any Error>
    do {
        try await server.start()
        // What is not there fails at once all the same; only a busy machine is waited for.
        let pool = PostgresPool(
            configuration: PostgresConfiguration(
                url: server.url, applicationName: "tests", connectTimeout: .seconds(20), acquireTimeout: .seconds(20)),
            logger: quiet)
        let host = ProcessHost()
        host.watchman.watch(postgres: "\(path)/postgres/data/postmaster.pid")
        result = .success(
            try await withBackground({ await pool.run() }) {
                try await withBackground({ await host.run() }) {
                    try await run(
                        options, brokers: brokers, database: Database(server: server, pool: pool), host: host,
                        folder: path, programs: programs, body)
                }
            })
    } catch {
        result = .failure(error)
    }
    try await server.remove()
    return try result.get()
}

private func run<Success: Sendable>(
    _ options: Installation.Options, brokers: Brokers, database: Database, host: ProcessHost, folder: String,
    programs: String, _ body: @Sendable (Installation) async throws -> Success
) async throws -> Success {
    _ = try await Migrator(pool: database.pool, logger: quiet).migrate()
    let services = [
        try await database.addService("orders"), try await database.addService("billing"),
    ]
    let sessionSecret = ServiceSecret.make().text
    let environment = [
        "NOTIFI_POSTGRES_URL": database.server.url, "NOTIFI_LOG_LEVEL": "info", "NOTIFI_LOG_FORMAT": "text",
        // Pages are tested with more than a user gets in a minute by default.
        "NOTIFI_INBOX_USER_LIMIT": "1000",
    ].merging(brokers.environment) { $1 }.merging(options.environment) { $1 }
    var daemons: [DaemonProcess] = []
    for daemon in Daemon.allCases {
        for number in 1...(options.replicas[daemon] ?? 1) {
            var environment = environment
            if daemon == .api {
                environment["NOTIFI_HTTP_PORT"] = "0"
                environment["NOTIFI_SESSION_JWT_SECRET"] = sessionSecret
                environment["NOTIFI_POLL_INTERVAL_SECONDS"] = "1"
                // Tests look more often than people do; those of the limit set their own.
                let limit = "NOTIFI_HTTP_INBOX_REQUESTS_PER_MINUTE"
                environment[limit] = environment[limit] ?? "100000"
            }
            environment.merge(try await options.own(daemon, number, database.server.url)) { $1 }
            daemons.append(
                DaemonProcess(
                    daemon, number: number, programs: programs, folder: folder, environment: environment, host: host))
        }
    }
    let issues = Trouble.count
    do {
        for api in daemons where api.daemon == .api { try await api.start() }
        let http = HTTPClient(port: try #require(try daemons[0].ports.http))
        let installation = Installation(
            brokers: brokers, database: database, daemons: daemons, http: http, services: services,
            sessionSecret: sessionSecret)
        try await installation.startAll()
        try await daemons[0].waitUntilReady()
        try await warmUp(installation)
        let result = try await body(installation)
        await http.close()
        if Trouble.count > issues { print(installation.logTails()) }
        return result
    } catch {
        print(daemons.map { $0.logTail() }.joined(separator: "\n"))
        throw error
    }
}

/// A new consumer group takes seconds until it shares out its partitions: tests begin after that.
private func warmUp(_ installation: Installation) async throws {
    let user = installation.users(1, "first")[0]
    let record = try await installation.service.send(Outgoing(to: user, "the first one"))
    _ = try await installation.service.record(of: record.id, in: "delivered", within: .seconds(40))
}
