import HTTPTypes
import Hummingbird

/// `POST /api/session` turns a session that came as bearer into a cookie that scripts cannot read; `DELETE` ends it.
struct SessionRoutes: Sendable {
    let access: PersonAccess

    func start(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let bearer = request.headers.bearer else {
            throw Problem.unauthenticated("the session is needed as bearer token")
        }
        _ = try await self.access.sessions.user(of: bearer)
        return Response(status: .noContent, headers: [.setCookie: self.cookie(bearer)])
    }

    /// Needs a session, so that a page of another origin cannot sign anybody out.
    func end(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try await self.access.require(request)
        return Response(status: .noContent, headers: [.setCookie: self.cookie("") + "; Max-Age=0"])
    }

    /// Without an expiry: it ends with the browser, and the token in it at its own `exp`.
    private func cookie(_ value: String) -> String {
        let isSecure = self.access.origins.publicOrigin?.hasPrefix("https://") ?? false
        return "\(PersonAccess.cookie)=\(value); Path=/; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
    }
}
