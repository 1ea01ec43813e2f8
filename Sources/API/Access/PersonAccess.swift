import HTTPTypes
import Hummingbird

/// Lets people in: by a session as bearer, or in the cookie. The user of a request is the one that its verified session
/// names, and never anything else in it (P6).
struct PersonAccess: Sendable {
    static let cookie = "notifi_session"

    /// The session of a request, not verified yet.
    enum Credential: Sendable, Equatable {
        case bearer(String)
        case cookie(String)

        /// - Parameters:
        ///   - authorization: the field of this name; a bearer token in it goes before a cookie.
        ///   - cookies: the fields of this name.
        /// - Throws: `Problem`, 401, where there is none.
        init(authorization: String?, cookies: [String]) throws {
            if let bearer = authorization.flatMap(bearerToken) {
                self = .bearer(bearer)
                return
            }
            guard let cookie = Cookies(from: cookies)[PersonAccess.cookie]?.value, !cookie.isEmpty else {
                throw Problem.unauthenticated("a session is needed, as bearer token or cookie")
            }
            self = .cookie(cookie)
        }

        var token: String {
            switch self {
            case .bearer(let token), .cookie(let token): token
            }
        }
    }

    let sessions: Sessions
    let origins: OriginPolicy

    /// - Throws: `Problem`: 401 without a good session, 403 for a write by cookie from another origin.
    func require(_ request: Request) async throws -> String {
        let credential = try Credential(
            authorization: request.headers[.authorization], cookies: request.headers[values: .cookie])
        let isWrite = request.method != .get && request.method != .head
        if case .cookie = credential, isWrite,
            !self.origins.isOwn(request.headers[.origin], host: request.head.authority)
        {
            throw Problem(
                .forbidden, code: "origin_mismatch", title: "Wrong origin",
                detail: "a change by cookie has to come from a page of this site")
        }
        return try await self.sessions.user(of: credential.token)
    }
}
