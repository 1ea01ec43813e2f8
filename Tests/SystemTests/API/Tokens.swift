import Foundation
import Store
import Testing

@testable import Harness
@testable import Notifi

/// A token of a service, as `notifi token create` makes it.
struct IssuedToken: Sendable {
    let text: String
    let id: UUID
    let service: UUID
}

extension Installation {
    /// The name of a service that no other test has.
    func serviceName(_ name: String) -> String { self.users(1, name)[0] }

    func issue(
        to service: String, scopes: [String] = ["send", "read", "cancel"], eventTypes: [String]? = nil
    ) async throws -> IssuedToken {
        let secret = ServiceSecret.make()
        let added = try await AddToken.run(
            serviceName: service, hash: secret.hash, scopes: scopes, eventTypes: eventTypes, on: self.database.pool)
        return IssuedToken(text: secret.text, id: added.token, service: added.service)
    }

    /// Returns when the API knows these. They are read anew every two seconds.
    func untilKnown(_ tokens: IssuedToken...) async throws {
        for token in tokens {
            try await require("the token is known", within: .seconds(10)) {
                try await self.http.ask("GET", "/api/notifications", token: token.text).status != 401
            }
        }
    }

    /// A service that nobody else uses, and that the API knows already.
    func newService(_ name: String) async throws -> SendingService {
        let token = try await self.issue(to: self.serviceName(name))
        try await self.untilKnown(token)
        return SendingService(http: self.http, token: token.text, id: token.service)
    }

    func revoke(_ token: IssuedToken) async throws {
        try #require(await RevokeToken.run(token.id, on: self.database.pool))
    }
}
