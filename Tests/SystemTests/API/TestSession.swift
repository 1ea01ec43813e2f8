import Foundation
import JWTKit

@testable import Harness

/// What a session says, right or wrong. By default it is one that the strict API takes.
struct TestSession: JWTPayload {
    var sub: String?
    var exp: Int? = Int(Date().timeIntervalSince1970) + 600
    var nbf: Int?
    var iss: String? = StrictAPI.issuer
    var aud: [String]? = ["somebody-else", StrictAPI.audience]

    init(sub: String?) {
        self.sub = sub
    }

    func with(_ change: (inout Self) -> Void) -> Self {
        var changed = self
        change(&changed)
        return changed
    }

    func verify(using _: some JWTAlgorithm) {}

    // MARK: Signing

    func signed(by secret: String, _ digest: DigestAlgorithm = .sha256) async throws -> String {
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: Data(secret.utf8)), digestAlgorithm: digest)
        return try await keys.sign(self)
    }

    func signed(by key: ES256PrivateKey, kid: String? = nil) async throws -> String {
        let keys = JWTKeyCollection()
        let identifier = kid.map { JWKIdentifier(string: $0) }
        await keys.add(ecdsa: key, kid: identifier)
        return try await keys.sign(self, kid: identifier)
    }

    /// A token with any header, and any text where the signature belongs.
    func unsigned(header: String, signature: String = "") throws -> String {
        let payload = try JSONEncoder().encode(self)
        return [Data(header.utf8), payload].map(base64URL).joined(separator: ".") + "." + signature
    }
}

/// base64url without padding (RFC 4648 section 5).
func base64URL(_ data: Data) -> String {
    data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}

extension String {
    /// The parts of a compact JWS.
    var tokenParts: [String] { self.split(separator: ".", omittingEmptySubsequences: false).map(String.init) }
}
