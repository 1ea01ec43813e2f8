import FoundationEssentials
import JWTKit
import Logging
import Operations
import ServiceLifecycle
import Synchronization

/// Verifies people's sessions. Keys from a URL are read anew every five minutes.
final class Sessions: Service {
    private static let refreshEvery: Duration = .seconds(300)

    private let sources: SessionKeys
    private let issuer: String?
    private let audience: String?
    private let keys = Mutex<JWTKeyCollection?>(nil)
    private let flag: HealthFlag
    private let logger: Logger

    init(settings: Settings, health: Health, logger: Logger) throws {
        self.sources = try SessionKeys(settings: settings)
        self.issuer = settings[APISettings.sessionIssuer]
        self.audience = settings[APISettings.sessionAudience]
        self.flag = health.flag("session keys", reason: "not loaded yet")
        self.logger = logger
    }

    /// Reads a secret or a file now, so that a wrong one stops the start. A URL is read by `run()`, for it may be away.
    func prepare() async throws {
        if case .url = self.sources.source { return }
        self.use(try await self.sources.load())
    }

    func run() async throws {
        guard case .url = self.sources.source else {
            try await gracefulShutdown()
            return
        }
        while !Task.isShuttingDownGracefully {
            do {
                try await retryForever("reading the session keys", logger: self.logger, isRetriable: { _ in true }) {
                    self.use(try await self.sources.load())
                }
            } catch  where Task.isShuttingDownGracefully && !Task.isCancelled {
                return
            }
            try await pause(for: Self.refreshEvery)
        }
    }

    private func use(_ keys: JWTKeyCollection) {
        self.keys.withLock { $0 = keys }
        self.flag.setGood()
    }

    /// - Returns: the user.
    /// - Throws: `Problem`: 401 with the reason; 503 where no keys were ever loaded.
    func user(of token: String) async throws -> String {
        guard let keys = self.keys.withLock({ $0 }) else {
            throw Problem.unavailable("session keys are not loaded yet")
        }
        do {
            return try await self.claims(of: token, keys: keys).sub.value
        } catch let fault as SessionFault {
            throw Problem.unauthenticated(fault.description)
        }
    }

    private func claims(of token: String, keys: JWTKeyCollection) async throws -> SessionClaims {
        // The algorithm is ours to say, never the token's (RFC 8725, section 3.1).
        guard let algorithm = Self.algorithm(of: token) else { throw SessionFault.notAToken }
        guard algorithm == self.sources.algorithm.rawValue else { throw SessionFault.wrongAlgorithm }
        let claims: SessionClaims
        do {
            claims = try await keys.verify(token, as: SessionClaims.self)
        } catch {
            throw SessionFault.expiredOrForged
        }
        try claims.check(issuer: self.issuer, audience: self.audience)
        return claims
    }

    /// The `alg` of a compact JWS' header; `nil` where it is none.
    static func algorithm(of token: String) -> String? {
        struct Header: Decodable { let alg: String }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Data(base64URL: parts[0]) else { return nil }
        return try? JSONDecoder().decode(Header.self, from: header).alg
    }
}

extension Data {
    /// Reads base64url without padding (RFC 4648 section 5).
    init?(base64URL text: some StringProtocol) {
        let standard = String(text).replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - standard.count % 4) % 4)
        self.init(base64Encoded: standard + padding)
    }

    var base64URL: String {
        self.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
