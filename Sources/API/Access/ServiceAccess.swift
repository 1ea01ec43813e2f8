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
    let limits: TokenLimits

    /// Lets it in, and counts one against the limit of its token.
    ///
    /// - Throws: `Problem`: 429 where the token's requests are used up, and what `identify` throws.
    func require(_ scope: Scope, of request: Request, in context: APIContext) throws -> ServiceToken {
        let token = try self.identify(scope, by: request.headers[.authorization], noting: context.notes)
        try self.spend(1, of: token, noting: context.notes)
        return token
    }

    /// Counts so many against the limit of a token: all, or none of them.
    ///
    /// - Throws: `Problem`, 429, where fewer are left.
    func spend(_ count: Int, of token: ServiceToken, noting notes: RequestNotes) throws {
        if let left = try self.limits.spend(count, of: token) { notes.note(left) }
    }

    /// As `require`, for a request of which only its body tells how much it counts.
    ///
    /// - Parameter authorization: the field of this name.
    /// - Throws: `Problem`: 401 without a good token, 403 without the scope, 503 where no tokens were ever loaded.
    func identify(_ scope: Scope, by authorization: String?, noting notes: RequestNotes) throws -> ServiceToken {
        guard self.directory.isLoaded else { throw Problem.unavailable("tokens are not loaded yet") }
        guard let bearer = authorization.flatMap(bearerToken) else {
            throw Problem.unauthenticated("a bearer token of a service is needed")
        }
        guard let token = self.directory.token(bearer) else {
            throw Problem.unauthenticated("this token is not known, or was revoked")
        }
        notes.service = token.serviceName
        guard token.scopes.contains(scope.rawValue) else {
            throw Problem.forbidden("this token lacks the scope \(scope.rawValue)")
        }
        return token
    }
}

extension HTTPFields {
    var bearer: String? { self[.authorization].flatMap(bearerToken) }
}

/// The token of `Authorization: Bearer …` (RFC 6750), whose scheme is case-insensitive; `nil` for anything else.
func bearerToken(_ authorization: String) -> String? {
    let blank = UInt8(ascii: " ")
    // Byte by byte: every request has one, and going by characters took a tenth of a poll.
    let text = authorization.utf8.drop { $0 == blank }
    guard let end = text.firstIndex(of: blank) else { return nil }
    let (scheme, token) = (text[..<end], text[text.index(after: end)...])
    guard scheme.count == 6, zip(scheme, "bearer".utf8).allSatisfy({ $0 | 0x20 == $1 }), !token.isEmpty,
        !token.contains(blank)
    else { return nil }
    return String(authorization[token.startIndex...])
}
