import Crypto
import FoundationEssentials
import Logging
import Notifications
import Operations
import Postgres
import ServiceLifecycle
import Store
import Synchronization

/// Every service token and every event type, held whole in memory, so that accepting needs no Postgres (P4).
///
/// Read anew every two seconds, and kept while Postgres is away. A start without Postgres knows nothing, and is not
/// ready.
final class ServiceDirectory: Service {
    struct Contents: Sendable {
        var tokens: [[UInt8]: ServiceToken] = [:]
        var types: [String: EventType] = [:]
    }

    private static let refreshEvery: Duration = .seconds(2)

    private let contents = Mutex<Contents?>(nil)
    private let pool: PostgresPool
    private let limits: TokenLimits
    private let flag: HealthFlag
    private let logger: Logger

    init(pool: PostgresPool, limits: TokenLimits, health: Health, logger: Logger) {
        self.pool = pool
        self.limits = limits
        self.flag = health.flag("tokens", reason: "not loaded yet: this needs Postgres once")
        self.logger = logger
    }

    /// The registered event types by name.
    var types: [String: EventType] { self.contents.withLock { $0?.types ?? [:] } }

    /// Whether anything was ever loaded.
    var isLoaded: Bool { self.contents.withLock { $0 != nil } }

    /// - Returns: its name; its id where it has no valid token any more.
    func name(of service: UUID) -> String {
        let named = self.contents.withLock { $0?.tokens.values.first { $0.service == service } }
        return named?.serviceName ?? service.uuidString.lowercased()
    }

    /// - Returns: what this bearer token may do; `nil` for an unknown or revoked one.
    func token(_ bearer: String) -> ServiceToken? {
        let hash = Array(SHA256.hash(data: Array(bearer.utf8)))
        return self.contents.withLock { $0?.tokens[hash] }
    }

    /// Refreshes until cancelled or shut down.
    func run() async throws {
        while !Task.isShuttingDownGracefully {
            do {
                try await retryForever("loading tokens", logger: self.logger, isRetriable: { _ in true }) {
                    try await self.refresh()
                }
            } catch  where Task.isShuttingDownGracefully && !Task.isCancelled {
                return
            }
            try await pause(for: Self.refreshEvery)
        }
    }

    func use(_ loaded: Contents) {
        self.contents.withLock { $0 = loaded }
        self.flag.setGood()
    }

    private func refresh() async throws {
        let tokens = try await LoadServiceTokens.run(on: self.pool)
        let types = try await LoadEventTypes.run(on: self.pool)
        let loaded = Contents(tokens: tokens, types: Dictionary(types.map { ($0.name, $0) }) { first, _ in first })
        self.use(loaded)
        try await self.limits.share(tokens.values, on: self.pool)
    }
}
