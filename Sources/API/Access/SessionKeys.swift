import Foundation
import FoundationNetworking
import JWTKit
import Logging
import Operations
import ServiceLifecycle

/// The keys that people's sessions are verified with, and the one algorithm that is accepted.
struct SessionKeys: Sendable {
    enum Source: Sendable {
        case secret(Secret)
        case file(String)
        case url(URL)
    }

    let source: Source
    let algorithm: SessionAlgorithm

    private static let smallestSecret = 32

    /// - Throws: `SessionConfigurationError` where no source, more than one, or one that does not go with the algorithm
    ///   is configured. The API does not start then.
    init(settings: Settings) throws {
        let secret = settings[APISettings.sessionSecret]
        let file = settings[APISettings.sessionJWKSFile]
        let url = settings[APISettings.sessionJWKSURL]
        self.algorithm = settings[APISettings.sessionAlgorithm]
        switch (secret, file, url) {
        case (nil, nil, nil): throw SessionConfigurationError.nothing
        case (let secret?, nil, nil):
            guard secret.reveal().utf8.count >= Self.smallestSecret else { throw SessionConfigurationError.shortSecret }
            self.source = .secret(secret)
        case (nil, let file?, nil): self.source = .file(file)
        case (nil, nil, let text?):
            guard let url = URL(string: text), Self.isTrusted(url) else {
                throw SessionConfigurationError.badURL
            }
            self.source = .url(url)
        default: throw SessionConfigurationError.several
        }
        let isSecret = if case .secret = self.source { true } else { false }
        guard isSecret == (self.algorithm == .hs256) else { throw SessionConfigurationError.wrongAlgorithm }
    }

    /// Keys that came over the network in the clear could be anybody's; only this machine is trusted without TLS.
    private static func isTrusted(_ url: URL) -> Bool {
        guard let host = url.host() else { return false }
        return url.scheme == "https"
            || (url.scheme == "http" && ["localhost", "127.0.0.1", "::1", "[::1]"].contains(host))
    }

    /// Keys to verify by.
    struct Loaded: Sendable {
        let keys: JWTKeyCollection
        /// The ids of a set's keys; `nil` for a secret, which has none.
        let ids: Set<String>?
    }

    /// Reads the keys.
    func load() async throws -> Loaded {
        let keys = JWTKeyCollection()
        let set: JWKS
        switch self.source {
        case .secret(let secret):
            await keys.add(hmac: HMACKey(from: secret.reveal()), digestAlgorithm: .sha256)
            return Loaded(keys: keys, ids: nil)
        case .file(let path):
            guard let json = FileManager.default.contents(atPath: path) else {
                throw SessionConfigurationError.unreadableFile(path)
            }
            do {
                set = try self.fitting(json)
                try await keys.add(jwks: set)
            } catch let error as SessionConfigurationError {
                throw error
            } catch {
                throw SessionConfigurationError.notAKeySet(path)
            }
        case .url(let url):
            let (json, response) = try await URLSession.shared.data(
                for: URLRequest(url: url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: 5))
            guard (response as? HTTPURLResponse)?.statusCode == 200 else { throw SessionConfigurationError.noAnswer }
            set = try self.fitting(json)
            try await keys.add(jwks: set)
        }
        return Loaded(keys: keys, ids: Set(set.keys.compactMap { $0.keyIdentifier?.string }))
    }

    /// The keys that sign by the one algorithm. A JWKS may hold others, for something else: JWTKit would verify by them
    /// whatever algorithm a token names.
    private func fitting(_ json: Data) throws -> JWKS {
        let keys = try JSONDecoder().decode(KeySet.self, from: json).keys.compactMap(\.jwk).filter { key in
            if let algorithm = key.algorithm { return algorithm.rawValue == self.algorithm.rawValue }
            switch self.algorithm {
            case .hs256: return false
            case .rs256: return key.keyType == .rsa
            case .es256: return key.keyType == .ecdsa
            case .edDSA: return key.keyType == .octetKeyPair
            }
        }
        guard !keys.isEmpty else { throw SessionConfigurationError.noKey }
        return JWKS(keys: keys)
    }

    /// What is not understood in a set is left out (RFC 7517 section 5).
    private struct KeySet: Decodable {
        let keys: [Key]

        struct Key: Decodable {
            let jwk: JWK?

            init(from decoder: any Decoder) {
                self.jwk = try? JWK(from: decoder)
            }
        }
    }
}

enum SessionConfigurationError: Error, Equatable, CustomStringConvertible {
    case nothing, several, shortSecret, badURL, wrongAlgorithm, noAnswer, noKey
    /// With its path.
    case unreadableFile(String), notAKeySet(String)

    var description: String {
        switch self {
        case .nothing:
            "no authentication is configured: set NOTIFI_SESSION_JWT_SECRET, NOTIFI_SESSION_JWT_JWKS_FILE or "
                + "NOTIFI_SESSION_JWT_JWKS_URL"
        case .several: "more than one of the session's secret, JWKS file and JWKS URL is configured"
        case .shortSecret: "NOTIFI_SESSION_JWT_SECRET has fewer than 32 bytes"
        case .badURL: "NOTIFI_SESSION_JWT_JWKS_URL is not an https URL, nor an http URL of this machine"
        case .wrongAlgorithm:
            "NOTIFI_SESSION_JWT_ALGORITHM does not go with the keys: HS256 needs a secret, the others a JWKS"
        case .noAnswer: "the JWKS URL did not answer 200"
        case .unreadableFile(let path): "the JWKS file \(path) cannot be read"
        case .notAKeySet(let path): "the file \(path) is no JSON Web Key Set"
        case .noKey: "the JWKS has no key for the algorithm that NOTIFI_SESSION_JWT_ALGORITHM names"
        }
    }
}
