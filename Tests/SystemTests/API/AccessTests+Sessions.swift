import Foundation
import JWTKit
import Notifications
import Testing

@testable import Harness

// MARK: - People

/// A session that must not be taken.
struct BadSession: Sendable, CustomTestStringConvertible {
    let what: String
    let make: @Sendable (_ userID: String) async throws -> String

    var testDescription: String { self.what }

    init(_ what: String, _ make: @escaping @Sendable (_ userID: String) async throws -> String) {
        self.what = what
        self.make = make
    }

    /// A session that is in order but for one thing, well signed.
    static func changed(_ what: String, _ change: @escaping @Sendable (inout TestSession) -> Void) -> Self {
        Self(what) { try await TestSession(sub: $0).with(change).signed(by: StrictAPI.secret) }
    }

    static let all: [BadSession] = [
        .changed("expired") { $0.exp = Int(Date().timeIntervalSince1970) - 1 },
        .changed("expired long ago") { $0.exp = 0 },
        .changed("no exp") { $0.exp = nil },
        .changed("not yet valid") { $0.nbf = Int(Date().timeIntervalSince1970) + 300 },
        .changed("no sub") { $0.sub = nil },
        .changed("an empty sub") { $0.sub = "" },
        .changed("a sub of 129 bytes") { $0.sub = String(repeating: "é", count: 64) + "x" },
        .changed("another issuer") { $0.iss = "https://evil.example" },
        .changed("no issuer") { $0.iss = nil },
        .changed("another audience") { $0.aud = ["another"] },
        .changed("no audience") { $0.aud = nil },
        .changed("an empty list of audiences") { $0.aud = [] },
        BadSession("forged with another secret") {
            try await TestSession(sub: $0).signed(by: String(repeating: "s", count: 64))
        },
        BadSession("another's claims under a good signature") { userID in
            let own = try await TestSession(sub: "mallory").signed(by: StrictAPI.secret).tokenParts
            let wanted = try await TestSession(sub: userID).signed(by: StrictAPI.secret).tokenParts
            return [own[0], wanted[1], own[2]].joined(separator: ".")
        },
        BadSession("no signature") { userID in
            let parts = try await TestSession(sub: userID).signed(by: StrictAPI.secret).tokenParts
            return "\(parts[0]).\(parts[1])."
        },
        BadSession("alg none") { try TestSession(sub: $0).unsigned(header: #"{"alg":"none","typ":"JWT"}"#) },
        BadSession("alg None") { try TestSession(sub: $0).unsigned(header: #"{"alg":"None","typ":"JWT"}"#) },
        BadSession("alg none with a signature that was good") { userID in
            let good = try await TestSession(sub: userID).signed(by: StrictAPI.secret)
            return try TestSession(sub: userID).unsigned(header: #"{"alg":"none"}"#, signature: good.tokenParts[2])
        },
        BadSession("no alg") { try TestSession(sub: $0).unsigned(header: #"{"typ":"JWT"}"#) },
        BadSession("HS512 with the right secret") {
            try await TestSession(sub: $0).signed(by: StrictAPI.secret, .sha512)
        },
        BadSession("ES256 with a key of its own") { try await TestSession(sub: $0).signed(by: ES256PrivateKey()) },
        BadSession("two parts") { _ in "e30.e30" },
        BadSession("five parts") { try await TestSession(sub: $0).signed(by: StrictAPI.secret) + ".e30.e30" },
        BadSession("no token at all") { _ in "hello" },
        BadSession("dots") { _ in ".." },
        BadSession("a service's token") { _ in try Installation.shared.service.token },
        BadSession("a session of another installation") { try await Installation.shared.token(of: $0) },
    ]
}

extension EndToEnd.API.AccessTests {
    @Test("a session that is not in order opens no route of people, as bearer or as cookie", arguments: BadSession.all)
    func badSession(_ bad: BadSession) async throws {
        let api = try StrictAPI.shared
        let user = try Installation.shared.users(1, "victim")[0]
        let session = try await bad.make(user)
        for route in APIRoute.ofPeople {
            let id = UUID().uuidString.lowercased()
            let asBearer = try await route.ask(api.http, id: id, userID: user, token: session)
            try expectProblem(asBearer, 401, "unauthenticated", "\(route.name) as bearer")
            let asCookie = try await route.ask(
                api.http, id: id, userID: user, session: session, origin: StrictAPI.publicOrigin)
            try expectProblem(asCookie, 401, "unauthenticated", "\(route.name) as cookie")
            for answer in [asBearer, asCookie] {
                #expect(answer.header("Set-Cookie") == nil)
                #expect(session.count < 10 || !answer.text.contains(session), "a session is never echoed")
            }
        }
    }

    @Test("without a session every route of people is a 401", arguments: APIRoute.ofPeople)
    func peopleRoutesNeedASession(_ route: APIRoute) async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "anon")[0]
        let id = UUID().uuidString
        let session = try await installation.token(of: user)
        let answers = [
            ("nothing", try await route.ask(installation.http, id: id, userID: user)),
            (
                "a service's token",
                try await route.ask(installation.http, id: id, userID: user, token: installation.service.token)
            ),
            (
                "another scheme",
                try await route.ask(
                    installation.http, id: id, userID: user, headers: ["Authorization": "Basic \(session)"])
            ),
            ("an empty cookie", try await route.ask(installation.http, id: id, userID: user, session: "")),
            (
                "another cookie",
                try await route.ask(installation.http, id: id, userID: user, headers: ["Cookie": "session=\(session)"])
            ),
        ]
        for (what, answer) in answers { try expectProblem(answer, 401, "unauthenticated", what) }
    }

    @Test("a good session is taken: issuer, one of several audiences, a user id of 128 bytes")
    func goodSession() async throws {
        let api = try StrictAPI.shared
        for user in [try Installation.shared.users(1, "good")[0], String(repeating: "é", count: 64), "a b/c%'\"\\<>"] {
            let session = try await api.session(of: user)
            let unread = try await api.http.ask("GET", "/api/notifications/unread", token: session)
            #expect(unread.status == 200, "\(unread.text)")
            // The scheme is case-insensitive (RFC 9110 section 11.1).
            let lower = try await api.http.ask(
                "GET", "/api/notifications/unread", headers: ["Authorization": "bearer \(session)"])
            #expect(lower.status == 200)
            #expect(try await api.http.ask("POST", "/api/session", token: session).status == 204)
        }
    }

    @Test("the user is the session's, whatever query, headers and body say")
    func userIsTheSessions() async throws {
        let installation = try Installation.shared
        let users = installation.users(2, "whose")
        let sent = try await installation.service.send(Outgoing(to: users[0], "for the first alone"))
        _ = try await installation.service.record(of: sent.id, in: "delivered")
        let session = try await installation.token(of: users[1])
        let owner = try await installation.person(users[0])

        for query in ["?user_id=\(users[0])", "?user=\(users[0])", "?sub=\(users[0])&userId=\(users[0])"] {
            let unread = try await installation.http.ask(
                "GET", "/api/notifications/unread\(query)", token: session,
                headers: ["X-User-Id": users[0], "X-Forwarded-User": users[0]])
            #expect(unread.status == 200 && unread.text == "[]", "\(query): \(unread.text)")
            let read = try await installation.http.ask(
                "PATCH", "/api/notifications/\(sent.id)/read\(query)", token: session,
                headers: ["X-User-Id": users[0]], json: "{\"user_id\":\"\(users[0])\"}")
            try expectProblem(read, 404, "not_found", query)
            #expect(!read.text.contains(users[0]))
        }
        // A page of one is no page of the other.
        let etag = try #require(try await owner.unread().header("ETag"))
        let foreign = try await installation.http.ask(
            "GET", "/api/notifications/unread", token: session, headers: ["If-None-Match": etag])
        #expect(foreign.status == 200 && foreign.text == "[]", "\(foreign.status)")
        #expect(try await owner.inbox().map(\.id) == [sent.id])
        _ = try await installation.service.record(of: sent.id, in: "delivered")
    }
}
