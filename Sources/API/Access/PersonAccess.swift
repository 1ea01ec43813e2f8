import HTTPTypes
import Hummingbird

/// Lets people in: by a session as bearer, or in the cookie. The user of a request is the one that its verified session
/// names, and never anything else in it (P6).
struct PersonAccess: Sendable {
    static let cookie = "notifi_session"

    let sessions: Sessions
    let origins: OriginPolicy

    /// - Throws: `Problem`: 401 without a good session, 403 for a write by cookie from another origin.
    func require(_ request: Request) async throws -> String {
        if let bearer = request.headers.bearer { return try await self.sessions.user(of: bearer) }
        guard let cookie = request.cookies[Self.cookie]?.value, !cookie.isEmpty else {
            throw Problem.unauthenticated("a session is needed, as bearer token or cookie")
        }
        let isWrite = request.method != .get && request.method != .head
        if isWrite, !self.origins.isOwn(request.headers[.origin], host: request.head.authority) {
            throw Problem(
                .forbidden, code: "origin_mismatch", title: "Wrong origin",
                detail: "a change by cookie has to come from a page of this site")
        }
        return try await self.sessions.user(of: cookie)
    }
}
