import HTTPTypes
import Hummingbird
import Notifications
import Store

/// What the token of a service may be used for.
enum Scope: String, Sendable, CaseIterable {
    case send, read, cancel
    /// What concerns people rather than what the service itself sent, such as erasing one of them.
    case admin
}

/// Lets services in: by a bearer token, with the scope that a route needs.
struct ServiceAccess: Sendable {
    let directory: ServiceDirectory

    /// - Throws: `Problem`: 401 without a good token, 403 without the scope, 503 where no tokens were ever loaded.
    func require(_ scope: Scope, of request: Request) throws -> ServiceToken {
        guard self.directory.isLoaded else { throw Problem.unavailable("tokens are not loaded yet") }
        guard let bearer = request.headers.bearer else {
            throw Problem.unauthenticated("a bearer token of a service is needed")
        }
        guard let token = self.directory.token(bearer) else {
            throw Problem.unauthenticated("this token is not known, or was revoked")
        }
        guard token.scopes.contains(scope.rawValue) else {
            throw Problem.forbidden("this token lacks the scope \(scope.rawValue)")
        }
        return token
    }
}

extension HTTPFields {
    /// The token of `Authorization: Bearer …` (RFC 6750), whose scheme is case-insensitive; `nil` for anything else.
    var bearer: String? {
        guard let value = self[.authorization] else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer", !parts[1].contains(" ") else { return nil }
        return String(parts[1])
    }
}
