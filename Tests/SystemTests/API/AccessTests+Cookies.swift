import Foundation
import Notifications
import Testing

@testable import Harness
@testable import Notifi

// MARK: - Browsers

extension EndToEnd.API.AccessTests {
    @Test("a session becomes an HttpOnly, SameSite cookie, which reads the inbox; signing out empties it")
    func cookie() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "cookie")[0]
        let sent = try await installation.service.send(Outgoing(to: user, "by cookie"))
        _ = try await installation.service.record(of: sent.id, in: "delivered")
        let session = try await installation.token(of: user)

        let started = try await installation.http.ask("POST", "/api/session", token: session)
        #expect(started.status == 204 && started.body.isEmpty)
        let attributes = try cookieAttributes(started)
        #expect(attributes.first == "notifi_session=\(session)")
        #expect(Set(attributes.dropFirst()) == ["Path=/", "HttpOnly", "SameSite=Strict"], "\(attributes)")

        let unread = try await installation.http.ask("GET", "/api/notifications/unread", session: session)
        #expect(unread.status == 200 && unread.text.contains(sent.id))
        // The bearer counts, where both are there.
        let both = try await installation.http.ask(
            "GET", "/api/notifications/unread", token: "nonsense", session: session)
        try expectProblem(both, 401, "unauthenticated")

        let own = "http://\(try self.host(of: installation.http))"
        let ended = try await installation.http.ask("DELETE", "/api/session", session: session, origin: own)
        #expect(ended.status == 204)
        let emptied = try cookieAttributes(ended)
        #expect(emptied.first == "notifi_session=")
        #expect(Set(emptied.dropFirst()) == ["Path=/", "HttpOnly", "SameSite=Strict", "Max-Age=0"], "\(emptied)")
    }

    @Test("a write by cookie needs an Origin of this site; a read by cookie and a write by bearer do not")
    func origins() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "origin")[0]
        let sent = try await installation.service.send(Outgoing(to: user, "to be read"))
        _ = try await installation.service.record(of: sent.id, in: "delivered")
        let session = try await installation.token(of: user)
        let host = try self.host(of: installation.http)
        let path = "/api/notifications/\(sent.id)/read"

        for origin in [
            nil, "", "null", "https://evil.example", "http://\(host).evil.example", "http://evil.example/\(host)",
            "http://127.0.0.1", "http://localhost:1", "ftp://\(host)", host, "http://\(host)@evil.example",
            "http://\(host) https://evil.example",
        ] {
            for (method, target) in [("PATCH", path), ("DELETE", "/api/session")] {
                let answer = try await installation.http.ask(method, target, session: session, origin: origin)
                try expectProblem(answer, 403, "origin_mismatch", "\(method) from \(origin ?? "nowhere")")
                #expect(answer.header("Set-Cookie") == nil)
            }
            let read = try await installation.http.ask(
                "GET", "/api/notifications/unread", session: session, origin: origin)
            #expect(read.status == 200 && read.text.contains(sent.id), "still unread: \(read.text)")
            #expect(read.header("Access-Control-Allow-Origin") == nil)
        }
        let byBearer = try await installation.http.ask("PATCH", path, token: session, origin: "https://evil.example")
        #expect(byBearer.status == 200)
        let own = try await installation.http.ask("PATCH", path, session: session, origin: "http://\(host)")
        #expect(own.status == 200)
        // What stands before it may end TLS.
        let secure = try await installation.http.ask("PATCH", path, session: session, origin: "https://\(host)")
        #expect(secure.status == 200)
        #expect(try await installation.person(user).inbox().isEmpty)
    }

    @Test("with a public origin that one counts, not the Host header, and the cookie is Secure")
    func publicOrigin() async throws {
        let api = try StrictAPI.shared
        let user = try Installation.shared.users(1, "public")[0]
        let session = try await api.session(of: user)
        let started = try await api.http.ask("POST", "/api/session", token: session)
        #expect(
            Set(try cookieAttributes(started).dropFirst()) == ["Path=/", "HttpOnly", "SameSite=Strict", "Secure"])

        let host = try self.host(of: api.http)
        let path = "/api/notifications/\(UUID().uuidString)/read"
        for (origin, headers) in [
            ("http://\(host)", [:]), ("https://evil.example", ["Host": "evil.example"]),
            ("http://inbox.example", ["Host": "inbox.example"]), ("https://inbox.example.evil.example", [:]),
            ("https://evil.example", ["X-Forwarded-Host": "evil.example"]),
        ] {
            let answer = try await api.http.ask("PATCH", path, session: session, origin: origin, headers: headers)
            try expectProblem(answer, 403, "origin_mismatch", origin)
        }
        // 404 is the answer behind the check.
        for origin in [
            StrictAPI.publicOrigin, "HTTPS://Inbox.Example", StrictAPI.listedOrigin, "https://other.example",
        ] {
            let answer = try await api.http.ask("PATCH", path, session: session, origin: origin)
            try expectProblem(answer, 404, "not_found", origin)
        }
    }

    @Test("a listed origin may call every route across origins; others get no CORS header", arguments: APIRoute.all)
    func preflight(_ route: APIRoute) async throws {
        let api = try StrictAPI.shared
        let asked = ["Access-Control-Request-Method": route.method, "Access-Control-Request-Headers": "authorization"]
        for origin in [StrictAPI.listedOrigin, "https://other.example"] {
            let preflight = try await api.http.ask("OPTIONS", route.path("x"), origin: origin, headers: asked)
            #expect(preflight.status == 204 && preflight.body.isEmpty, "\(preflight.status)")
            #expect(preflight.header("Access-Control-Allow-Origin") == origin)
            #expect(preflight.header("Access-Control-Allow-Credentials") == "true")
            #expect(list(preflight, "Access-Control-Allow-Methods").contains(route.method.lowercased()))
            let headers = list(preflight, "Access-Control-Allow-Headers")
            #expect(headers.isSuperset(of: ["authorization", "content-type", "idempotency-key", "if-none-match"]))
            #expect(list(preflight, "Vary").contains("origin"))

            // The answer too, also where it is an error.
            let answer = try await route.ask(api.http, id: "x", userID: "nobody", origin: origin)
            #expect(answer.header("Access-Control-Allow-Origin") == origin, "\(answer.status)")
            #expect(answer.header("Access-Control-Allow-Credentials") == "true")
            #expect(
                list(answer, "Access-Control-Expose-Headers").isSuperset(of: [
                    "etag", "link", "location", "ratelimit", "ratelimit-policy", "retry-after", "x-poll-interval",
                ]))
            #expect(list(answer, "Vary").contains("origin"))
        }
        let others = [
            "https://evil.example", "null", "http://app.example", "https://app.example.evil.example",
            "https://app.example:444", StrictAPI.publicOrigin + ".evil.example",
        ]
        for origin in others {
            let preflight = try await api.http.ask("OPTIONS", route.path("x"), origin: origin, headers: asked)
            let answer = try await route.ask(api.http, id: "x", userID: "nobody", origin: origin)
            for name in ["Origin", "Credentials", "Methods", "Headers"].map({ "Access-Control-Allow-\($0)" }) {
                #expect(preflight.header(name) == nil && answer.header(name) == nil, "\(name) for \(origin)")
            }
        }
    }

    @Test("what depends on session and origin says so to caches")
    func vary() async throws {
        let api = try StrictAPI.shared
        let session = try await api.session(of: "somebody")
        for origin in [StrictAPI.listedOrigin, "https://evil.example", nil] {
            let unread = try await api.http.ask("GET", "/api/notifications/unread", token: session, origin: origin)
            #expect(list(unread, "Vary") == ["authorization", "cookie", "origin"], "from \(origin ?? "nowhere")")
        }
    }

    private func host(of http: HTTPClient) throws -> String {
        let port =
            try Installation.shared.http === http
            ? Installation.shared[.api].ports.http : StrictAPI.shared.api.process.ports.http
        return "127.0.0.1:\(try #require(port))"
    }
}

/// The parts of the one `Set-Cookie`.
private func cookieAttributes(_ answer: HTTPAnswer) throws -> [String] {
    try #require(answer.header("Set-Cookie")).split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
}

/// A header that is a list, in lower case.
private func list(_ answer: HTTPAnswer, _ name: String) -> Set<String> {
    Set((answer.header(name) ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces).lowercased() })
}
