import Foundation
import JWTKit

/// A session of a person, as the API takes it: a JWT signed with the secret of `NOTIFI_SESSION_JWT_SECRET` (HS256).
struct UserToken: JWTPayload {
    let sub: SubjectClaim
    let iat: IssuedAtClaim
    let exp: ExpirationClaim
    let iss: IssuerClaim?
    let aud: AudienceClaim?

    func verify(using algorithm: some JWTAlgorithm) throws {
        try self.exp.verifyNotExpired()
    }

    /// - Parameters:
    ///   - user: at most 128 bytes, as everywhere.
    ///   - lifetime: from `now` on.
    ///   - secret: of at least 32 bytes.
    /// - Throws: ``CommandFailure`` where the secret is too short.
    static func make(
        user: String, lifetime: Duration, secret: String, issuer: String? = nil, audience: String? = nil,
        now: Date = Date()
    ) async throws -> String {
        guard secret.utf8.count >= 32 else {
            throw CommandFailure("NOTIFI_SESSION_JWT_SECRET has fewer than 32 bytes")
        }
        // Whole seconds, as every reader of a JWT takes them.
        let now = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down))
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
        return try await keys.sign(
            UserToken(
                sub: SubjectClaim(value: user), iat: IssuedAtClaim(value: now),
                exp: ExpirationClaim(value: now.addingTimeInterval(lifetime / .seconds(1))),
                iss: issuer.map { IssuerClaim(value: $0) }, aud: audience.map { AudienceClaim(value: $0) }))
    }
}
