import Foundation
import Notifications
import Postgres
import Testing

@testable import Harness

extension EndToEnd.API {
    /// P6 and the rights of services: who may do what, on every route.
    @Suite struct AccessTests {}
}

// MARK: - Services

extension EndToEnd.API.AccessTests {
    @Test("without a service's token every route of services is a 401", arguments: APIRoute.ofServices)
    func serviceRoutesNeedAToken(_ route: APIRoute) async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "anon")[0]
        let sent = try await installation.service.send(Outgoing(to: user, "stays", at: .inSeconds(3_600)))
        _ = try await installation.service.record(of: sent.id, in: "scheduled")
        let token = installation.service.token
        let session = try await installation.token(of: user)
        let wrong: [(what: String, headers: [String: String])] = [
            ("nothing", [:]),
            ("an empty header", ["Authorization": ""]),
            ("no token", ["Authorization": "Bearer"]),
            ("an empty token", ["Authorization": "Bearer "]),
            ("another scheme", ["Authorization": "Basic \(token)"]),
            ("no scheme", ["Authorization": token]),
            ("an unknown token", ["Authorization": "Bearer notifi_\(String(repeating: "0", count: 64))"]),
            ("one character less", ["Authorization": "Bearer \(token.dropLast())"]),
            ("one character more", ["Authorization": "Bearer \(token)0"]),
            ("two tokens", ["Authorization": "Bearer \(token) \(token)"]),
            ("the other case", ["Authorization": "Bearer \(token.uppercased())"]),
            ("its hash", ["Authorization": "Bearer \(try await self.storedHash(of: installation.service))"]),
            ("a person's session", ["Authorization": "Bearer \(session)"]),
            ("a person's cookie", ["Cookie": "notifi_session=\(session)"]),
            ("the token as cookie", ["Cookie": "notifi_session=\(token)"]),
        ]
        for (what, headers) in wrong {
            let answer = try await route.ask(installation.http, id: sent.id, userID: user, headers: headers)
            try expectProblem(answer, 401, "unauthenticated", what)
            #expect(!answer.text.contains(sent.id) && !answer.text.contains("stays"), "\(what)")
        }
        let query = try await installation.http.ask("GET", "/api/notifications?access_token=\(token)&token=\(token)")
        try expectProblem(query, 401, "unauthenticated", "the token in the query")
        #expect(try await installation.service.record(of: sent.id, in: "scheduled").schedule == sent.schedule)
        #expect(try await installation.database.countInOutbox(of: [user]) == 1)
        #expect(try await installation.person(user).inbox().isEmpty)
        _ = try await installation.service.cancel(sent.id)
    }

    private func storedHash(of service: SendingService) async throws -> String {
        try #require(
            await Installation.shared.database.pool.query(
                "SELECT encode(hash, 'hex') FROM tokens WHERE service_id = $1", [.uuid(service.id)]
            ).first
        ).decode(0, as: String.self)
    }

    @Test("a token does what its scopes say, and nothing else, on every route")
    func scopes() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "scope")[0]
        let name = installation.serviceName("scoped")
        let scopes = ["send", "read", "cancel"]
        let owner = try await installation.issue(to: name)
        let with = try await concurrently(scopes, atOnce: 3) { try await installation.issue(to: name, scopes: [$0]) }
        let without = try await concurrently(scopes, atOnce: 3) { scope in
            try await installation.issue(to: name, scopes: scopes.filter { $0 != scope })
        }
        let useless = try await installation.issue(to: name, scopes: [])
        // All were made before the first is known, and all are read together.
        try await installation.untilKnown(owner)
        try await installation.untilKnown(useless)
        let service = SendingService(http: installation.http, token: owner.text, id: owner.service)

        for route in APIRoute.ofServices {
            guard case .service(let scope) = route.caller, let place = scopes.firstIndex(of: scope) else { continue }
            let sent = try await service.send(Outgoing(to: user, "scoped", at: .inSeconds(3_600)))
            _ = try await service.record(of: sent.id, in: "scheduled")
            for (what, token) in [("all but \(scope)", without[place]), ("none", useless)] {
                let refused = try await route.ask(installation.http, id: sent.id, userID: user, token: token.text)
                try expectProblem(refused, 403, "forbidden", "\(route.name) with \(what)")
            }
            let unchanged = try await service.record(of: sent.id, in: "scheduled")
            #expect(unchanged.schedule == sent.schedule, "\(route.name)")
            let done = try await route.ask(installation.http, id: sent.id, userID: user, token: with[place].text)
            #expect([200, 202].contains(done.status), "\(route.name) with \(scope) alone: \(done.status) \(done.text)")
            _ = try await service.cancel(sent.id)
        }
    }

    @Test("a revoked token is refused on every route within 5 s; the service's other token keeps all rights")
    func rotation() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "rotate")[0]
        let name = installation.serviceName("rotating")
        let old = try await installation.issue(to: name)
        try await installation.untilKnown(old)
        let before = SendingService(http: installation.http, token: old.text, id: old.service)
        let scheduled = try await before.send(Outgoing(to: user, "scheduled", at: .inSeconds(3_600)))
        let delivered = try await before.send(Outgoing(to: user, "delivered"), key: "once")
        _ = try await before.record(of: scheduled.id, in: "scheduled")
        _ = try await before.record(of: delivered.id, in: "delivered")

        let new = try await installation.issue(to: name)
        #expect(new.service == old.service)
        try await installation.untilKnown(new)
        let after = SendingService(http: installation.http, token: new.text, id: new.service)
        // Both work until the old one is revoked.
        #expect(try await before.get(scheduled.id).status == 200)
        #expect(try await after.get(scheduled.id).status == 200)

        try await installation.revoke(old)
        let revokedAt = ContinuousClock.now
        try await require("the old token is refused", within: .seconds(5)) {
            try await before.get(scheduled.id).status == 401
        }
        #expect(.now - revokedAt < .seconds(5))
        for route in APIRoute.ofServices {
            let answer = try await route.ask(installation.http, id: scheduled.id, userID: user, token: old.text)
            try expectProblem(answer, 401, "unauthenticated", route.name)
        }
        #expect(try await after.send(Outgoing(to: user, "delivered"), key: "once").id == delivered.id)
        #expect(try await after.reschedule(scheduled.id, to: .inSeconds(7_200)).status == 200)
        #expect(try await after.cancel(scheduled.id).state == "cancelled")
        #expect(try await after.cancel(delivered.id).state == "recalled")
    }

    @Test("what another service sent cannot be read, listed, moved or cancelled, a guessed id included")
    func anotherService() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "theirs")[0]
        let mine = installation.service
        let other = installation.otherService
        let scheduled = try await mine.send(Outgoing(to: user, "mine, later", at: .inSeconds(3_600)))
        let delivered = try await mine.send(Outgoing(to: user, "mine, now"), key: "guess-\(user)")
        _ = try await mine.record(of: scheduled.id, in: "scheduled")
        _ = try await mine.record(of: delivered.id, in: "delivered")

        for id in [scheduled.id, delivered.id] {
            try expectProblem(try await other.get(id), 404, "not_found", "GET")
            try expectProblem(try await other.reschedule(id, to: .inSeconds(1)), 404, "not_found", "PATCH")
            // It tells no more than of an id that nobody has ever used.
            #expect(try await other.cancel(id).state == "cancelled")
            let unknown = try await other.get(UUID().uuidString)
            #expect(unknown.status == 404)
        }
        let list = try await installation.http.ask(
            "GET", "/api/notifications?user_id=\(user)&deleted=true", token: other.token)
        #expect(list.status == 200 && !list.text.contains("mine"), "\(list.text)")

        #expect(try await mine.record(of: scheduled.id, in: "scheduled").schedule == scheduled.schedule)
        _ = try await mine.record(of: delivered.id, in: "delivered")
        #expect(try await installation.person(user).inbox().map(\.id) == [delivered.id])
        // The same key and user name another notification where another service says them.
        let theirs = try await other.send(Outgoing(to: user, "theirs"), key: "guess-\(user)")
        #expect(theirs.id != delivered.id)
        _ = try await other.record(of: theirs.id, in: "delivered")
        #expect(try await mine.cancel(delivered.id).state == "recalled")
        #expect(try await mine.cancel(scheduled.id).state == "cancelled")
        #expect(try await installation.person(user).inbox().map(\.id) == [theirs.id])
    }

    @Test("a token that may send some event types is refused the others, alone and in a batch")
    func limitedEventTypes() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "limited")[0]
        let token = try await installation.issue(to: installation.serviceName("limited"), eventTypes: ["new_message"])
        let none = try await installation.issue(to: installation.serviceName("mute"), eventTypes: [])
        try await installation.untilKnown(token, none)
        let service = SendingService(http: installation.http, token: token.text, id: token.service)

        var refused = Outgoing(to: user, "refused")
        refused.eventType = "status_change"
        try expectProblem(try await service.post(refused), 403, "forbidden")
        let mute = SendingService(http: installation.http, token: none.text, id: none.service)
        try expectProblem(try await mute.post(Outgoing(to: user, "refused")), 403, "forbidden", "no event types at all")
        // What is wrong with the body comes first: it tells nothing about rights.
        refused.message = ""
        try expectProblem(try await service.post(refused), 422, "validation_failed", faults: ["/message empty"])
        refused.message = "refused"
        let results = try await service.sendBatch([Outgoing(to: user, "one"), refused, Outgoing(to: user, "two")])
        #expect(results.map(\.status) == [202, 403, 202])
        #expect(results[1].problem?.code == "forbidden")
        try await require("both are there", within: .seconds(20)) {
            try await installation.database.countInInbox(of: [user]) >= 2
        }
        #expect(try await installation.person(user).inbox().map(\.message) == ["two", "one"])
    }

    @Test("an id that is none, and a path that is none, are 404 problems")
    func notFound() async throws {
        let installation = try Installation.shared
        let token = installation.service.token
        let session = try await installation.token(of: "nobody")
        for id in [
            "1", "%00", "..", "0197a1b2-6c1f-7d3e-9a51-3f0c2b9d8e7", "0197a1b2-6c1f-7d3e-9a51-3f0c2b9d8e777",
            "0197a1b26c1f7d3e9a513f0c2b9d8e77", "g197a1b2-6c1f-7d3e-9a51-3f0c2b9d8e77", "%F0%9F%98%80",
        ] {
            for method in ["GET", "PATCH", "DELETE"] {
                let answer = try await installation.http.ask(
                    method, "/api/notifications/\(id)", token: token,
                    body: method == "PATCH" ? Data(#"{"schedule":"2100-01-01T00:00:00Z"}"#.utf8) : nil)
                try expectProblem(answer, 404, "not_found", "\(method) \(id)")
            }
            let read = try await installation.http.ask("PATCH", "/api/notifications/\(id)/read", token: session)
            try expectProblem(read, 404, "not_found", "PATCH \(id)/read")
        }
        for path in ["/api", "/api/nothing", "/api/notifications/a/b/c", "/index.html", "/../etc/passwd"] {
            try expectProblem(try await installation.http.ask("GET", path, token: token), 404, "not_found", path)
        }
    }
}
