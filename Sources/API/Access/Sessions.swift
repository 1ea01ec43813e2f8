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
    private let keys = Mutex<SessionKeys.Loaded?>(nil)
    private let verified: Mutex<VerifiedSessions>
    private let flag: HealthFlag
    private let logger: Logger

    init(settings: Settings, health: Health, logger: Logger) throws {
        self.sources = try SessionKeys(settings: settings)
        self.issuer = settings[APISettings.sessionIssuer]
        self.audience = settings[APISettings.sessionAudience]
        self.verified = Mutex(VerifiedSessions())
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

    private func use(_ keys: SessionKeys.Loaded) {
        self.keys.withLock { $0 = keys }
        // After the keys: what was verified by the old ones meanwhile is of an epoch that has ended.
        self.verified.withLock { $0.begin() }
        self.flag.setGood()
    }

    /// - Returns: the user.
    /// - Throws: `Problem`: 401 with the reason; 503 where no keys were ever loaded.
    func user(of token: String) async throws -> String {
        if let person = self.verifiedPerson(of: token) { return person.userID }
        let epoch = self.verified.withLock { $0.epoch }
        guard let keys = self.keys.withLock({ $0 }) else {
            throw Problem.unavailable("session keys are not loaded yet")
        }
        do {
            let claims = try await self.claims(of: token, keys: keys)
            self.verified.withLock { $0.enter(token, claims, epoch: epoch, at: Date()) }
            return claims.sub.value
        } catch let fault as SessionFault {
            throw Problem.unauthenticated(fault.description)
        }
    }

    /// Whom this token names, where it was verified a short while ago by the keys of now, and holds at this moment.
    ///
    /// - Returns: `nil` where it has to be verified.
    func verifiedPerson(of token: String) -> Person? {
        self.verified.withLock { $0.person(of: token, at: Date()) }
    }

    private func claims(of token: String, keys: SessionKeys.Loaded) async throws -> SessionClaims {
        // The algorithm is ours to say, never the token's (RFC 8725, section 3.1).
        guard let header = Header(token) else { throw SessionFault.notAToken }
        guard header.algorithm == self.sources.algorithm.rawValue else { throw SessionFault.wrongAlgorithm }
        guard !header.hasCriticalExtension else { throw SessionFault.unknownExtension }
        // JWTKit would verify by the first key of a set whatever the token names.
        if let id = header.keyID, let known = keys.ids, !known.contains(id) { throw SessionFault.unknownKey }
        let claims: SessionClaims
        do {
            claims = try await keys.keys.verify(token, as: SessionClaims.self)
        } catch {
            throw SessionFault.expiredOrForged
        }
        try claims.check(issuer: self.issuer, audience: self.audience)
        return claims
    }

    /// What the header of a compact JWS says.
    struct Header: Decodable {
        let algorithm: String
        let keyID: String?
        /// Whoever does not know all that `crit` names must not take the token (RFC 7515 section 4.1.11), and nothing
        /// that it could name is known here.
        let hasCriticalExtension: Bool

        private enum CodingKeys: String, CodingKey {
            case alg, kid, crit
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.algorithm = try container.decode(String.self, forKey: .alg)
            self.keyID = try container.decodeIfPresent(String.self, forKey: .kid)
            self.hasCriticalExtension = container.contains(.crit)
        }

        /// `nil` where the token is no such JWS.
        init?(_ token: String) {
            let parts = token.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 3, let json = Data(base64URL: parts[0]),
                let header = try? JSONDecoder().decode(Self.self, from: json)
            else { return nil }
            self = header
        }
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
