import FoundationEssentials
import JWTKit
import Notifications

/// What a session says. `exp` and `sub` are required; one without them is not read at all.
struct SessionClaims: JWTPayload {
    let sub: SubjectClaim
    let exp: ExpirationClaim
    let nbf: NotBeforeClaim?
    let iss: IssuerClaim?
    let aud: AudienceClaim?

    func verify(using _: some JWTAlgorithm) throws {
        try self.exp.verifyNotExpired()
        try self.nbf?.verifyNotBefore()
    }

    /// - Throws: `SessionFault` where issuer, audience or user are not what is wanted.
    func check(issuer: String?, audience: String?) throws(SessionFault) {
        if let issuer, self.iss?.value != issuer { throw .wrongIssuer }
        if let audience, !(self.aud?.value.contains(audience) ?? false) { throw .wrongAudience }
        guard (1...Draft.Limit.userID).contains(self.sub.value.utf8.count), !self.sub.value.utf8.contains(0) else {
            throw .wrongUser
        }
    }
}

/// Why a session is not taken. Its description is for the one who sent it, and names nothing of the key.
enum SessionFault: Error, CustomStringConvertible {
    case notAToken, wrongAlgorithm, expiredOrForged, wrongIssuer, wrongAudience, wrongUser

    var description: String {
        switch self {
        case .notAToken: "the session is not a signed token"
        case .wrongAlgorithm: "the session is signed by another algorithm than is accepted here"
        case .expiredOrForged: "the session has expired, or its signature is not good"
        case .wrongIssuer: "the session comes from another issuer"
        case .wrongAudience: "the session is for another audience"
        case .wrongUser: "the session's sub is empty or too long"
        }
    }
}
