import FoundationEssentials
import JWTKit
import Notifications

/// What a session says. `exp` and `sub` are required; one without them is not read at all.
struct SessionClaims: JWTPayload {
    let sub: SubjectClaim
    let exp: ExpirationClaim
    let nbf: NotBeforeClaim?
    let iss: IssuerClaim?
    let aud: Audience?

    func verify(using _: some JWTAlgorithm) throws {
        try self.exp.verifyNotExpired()
        try self.nbf?.verifyNotBefore()
    }

    /// - Throws: `SessionFault` where issuer, audience or user are not what is wanted.
    func check(issuer: String?, audience: String?) throws(SessionFault) {
        if let issuer, self.iss?.value != issuer { throw .wrongIssuer }
        if let audience, !(self.aud?.names.contains(audience) ?? false) { throw .wrongAudience }
        guard (1...Draft.Limit.userID).contains(self.sub.value.utf8.count), !self.sub.value.utf8.contains(0) else {
            throw .wrongUser
        }
    }
}

extension SessionClaims {
    /// `aud` (RFC 7519 section 4.1.3): one text, or a list of them. JWTKit's own claim ends the process where the list is
    /// empty.
    struct Audience: Codable, Sendable {
        let names: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let name = try? container.decode(String.self) {
                self.names = [name]
            } else {
                self.names = try container.decode([String].self)
            }
        }

        func encode(to encoder: any Encoder) throws {
            try self.names.encode(to: encoder)
        }
    }
}

/// Why a session is not taken. Its description is for the one who sent it, and names nothing of the key.
enum SessionFault: Error, CustomStringConvertible {
    case notAToken, wrongAlgorithm, unknownExtension, unknownKey, expiredOrForged, wrongIssuer, wrongAudience, wrongUser

    var description: String {
        switch self {
        case .notAToken: "the session is not a signed token"
        case .wrongAlgorithm: "the session is signed by another algorithm than is accepted here"
        case .unknownExtension: "the session asks for an extension of JWS that is not known here"
        case .unknownKey: "the session names a key that is not known here"
        case .expiredOrForged: "the session has expired, or its signature is not good"
        case .wrongIssuer: "the session comes from another issuer"
        case .wrongAudience: "the session is for another audience"
        case .wrongUser: "the session's sub is empty or too long"
        }
    }
}
