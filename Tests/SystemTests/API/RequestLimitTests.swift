import Foundation
import Notifications
import Postgres
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd.API {
    /// 120 requests a person and minute, and the pace that the API asks for.
    @Suite struct RequestLimitTests {
        private static let path = "/api/notifications/unread"

        /// Two replicas that share nothing but Postgres, and a session that both take.
        private func withTwoReplicas(
            _ body: @escaping @Sendable (_ replicas: [OwnAPI], _ secret: String) async throws -> Void
        ) async throws {
            let installation = try Installation.shared
            let secret = RandomText.make()
            let variables = ["NOTIFI_SESSION_JWT_SECRET": secret]
            try await withOwnAPI(beside: installation, variables) { first in
                try await withOwnAPI(beside: installation, variables) { second in
                    try await body([first, second], secret)
                }
            }
        }

        /// All that is counted and answered with a 200.
        private static let requests: [(method: String, path: String, json: String?)] = [
            ("GET", Self.path, nil), ("GET", "/api/inbox", nil), ("GET", "/api/inbox?state=all", nil),
            ("GET", "/api/inbox/counts", nil), ("POST", "/api/inbox/read-all", #"{"up_to":0}"#),
            ("POST", "/api/inbox/seen-all", #"{"up_to":0}"#), ("GET", "/api/preferences", nil),
            ("PUT", "/api/preferences", #"{"preferences":[]}"#),
        ]

        private static func minute() async throws -> Int64 {
            try #require(
                await Installation.shared.database.pool.query(
                    "SELECT (extract(epoch FROM clock_timestamp())::int8 / 60)::int8"
                ).first
            ).decode(0)
        }

        @Test("of any number of requests at once, on two replicas, exactly 120 a minute are answered")
        func exactlyTheLimit() async throws {
            try await self.withTwoReplicas { replicas, secret in
                var answers: [HTTPAnswer] = []
                var person: PersonClient?
                // Once more, for another person, where a minute has begun meanwhile.
                while person == nil {
                    let minute = try await Self.minute()
                    let user = try Installation.shared.users(1, "limit")[0]
                    let session = try await TestSession(sub: user).signed(by: secret)
                    let people = replicas.map { PersonClient(http: $0.http, userID: user, session: session) }
                    answers = try await concurrently(Array(0..<200), atOnce: 40) { number in
                        let request = Self.requests[number / 2 % Self.requests.count]
                        return try await people[number % 2].ask(request.method, request.path, json: request.json)
                    }
                    if try await Self.minute() == minute { person = people[1] }
                }
                let passed = answers.filter { $0.status == 200 }
                let refused = answers.filter { $0.status == 429 }
                #expect(passed.count == 120 && refused.count == 80, "\(Set(answers.map(\.status)))")
                let left = passed.compactMap { $0.header("RateLimit")?.firstMatch(of: /^"inbox";r=(\d+);t=(\d+)$/) }
                #expect(left.compactMap { Int($0.output.1) }.sorted() == Array(0..<120), "each tells another number")
                #expect(left.allSatisfy { (1...60).contains(Int($0.output.2) ?? 0) })
                #expect(answers.allSatisfy { $0.header("RateLimit-Policy") == #""inbox";q=120;w=60"# })
                for answer in refused {
                    try expectProblem(answer, 429, "too_many_requests")
                    let seconds = try #require(answer.header("Retry-After").flatMap(Int.init))
                    #expect((1...60).contains(seconds))
                    #expect(answer.header("RateLimit") == "\"inbox\";r=0;t=\(seconds)")
                }
                try await self.expectOthersAndLater(try #require(person), replicas, secret)
            }
        }

        /// Others have their own limit, and the next minute is a new one.
        private func expectOthersAndLater(
            _ person: PersonClient, _ replicas: [OwnAPI], _ secret: String
        ) async throws {
            let other = try Installation.shared.users(1, "limit")[0]
            let session = try await TestSession(sub: other).signed(by: secret)
            #expect(
                try await PersonClient(http: replicas[0].http, userID: other, session: session).unread().status == 200)
            _ = try await Installation.shared.database.pool.query(
                "UPDATE inbox_requests SET minute = minute - interval '1 minute' WHERE user_id = $1",
                [.text(person.userID)])
            let answer = try await person.unread()
            #expect(answer.status == 200)
            #expect(answer.header("RateLimit")?.hasPrefix(#""inbox";r=119;t="#) == true)
        }

        @Test("a 304 is not counted, and is answered when nothing is left; what is not valid is not counted either")
        func notCounted() async throws {
            let installation = try Installation.shared
            let user = installation.users(1, "free")[0]
            let person = try await installation.person(user)
            func counted() async throws -> Int32 {
                try await installation.database.pool.query(
                    "SELECT coalesce(sum(requests), 0)::int4 FROM inbox_requests WHERE user_id = $1", [.text(user)]
                )[0].decode(0)
            }
            var before = try await counted()
            #expect(before == 0)
            let minute = try await Self.minute()
            let etag = try #require(try await person.unread().header("ETag"))
            if try await Self.minute() == minute { #expect(try await counted() == 1) }
            before = try await counted()
            for path in [Self.path, "/api/inbox", "/api/inbox/counts"] {
                for _ in 0..<3 {
                    let answer = try await person.ask("GET", path, etag: etag)
                    #expect(answer.status == 304 && answer.header("RateLimit") == nil, "\(path): \(answer.status)")
                }
            }
            try expectProblem(
                try await person.ask("GET", "/api/inbox?limit=0"), 422, "validation_failed",
                faults: ["?limit wrong_type"])
            #expect(try await person.ask("PUT", "/api/preferences", json: "{").status == 400)
            #expect(try await installation.http.ask("GET", Self.path, token: "x").status == 401)
            #expect(try await counted() == before)

            try await installation.database.spendRequests(of: user)
            try expectProblem(try await person.unread(), 429, "too_many_requests")
            #expect(try await person.unread(etag: etag).status == 304)
            try expectProblem(try await person.unread(etag: "\"other\""), 429, "too_many_requests")
            // Signing in and out is no question to the inbox.
            #expect(try await installation.http.ask("POST", "/api/session", token: person.session).status == 204)
        }

        @Test("over the limit nothing is marked, and nothing chosen")
        func nothingHappens() async throws {
            let (person, ids) = try await InboxTests.person("over", with: 2)
            let installation = try Installation.shared
            let etag = try #require(try await person.unread().header("ETag"))
            for route in APIRoute.ofPeople where !route.template.hasPrefix("/api/session") {
                try await installation.database.spendRequests(of: person.userID)
                let answer = try await route.ask(
                    installation.http, id: ids[0], userID: person.userID, token: person.session)
                try expectProblem(answer, 429, "too_many_requests", route.name)
            }
            #expect(try await person.unread(etag: etag).status == 304, "nothing has changed")
            _ = try await installation.service.record(of: ids[0], in: "delivered")
            let chosen = try await installation.database.pool.query(
                "SELECT count(*) FROM preferences WHERE user_id = $1", [.text(person.userID)])
            #expect(try chosen[0].decode(0, as: Int.self) == 0)
        }

        @Test("the poll interval grows while Postgres is held up, and falls again")
        func pace() async throws {
            let installation = try Installation.shared
            let secret = RandomText.make()
            let (owner, ids) = try await InboxTests.person("pace", with: 1)
            let variables = [
                "NOTIFI_SESSION_JWT_SECRET": secret, "NOTIFI_POSTGRES_POOL_SIZE": "2",
                "NOTIFI_POLL_INTERVAL_SECONDS": "10",
            ]
            try await withOwnAPI(beside: installation, variables) { api in
                let session = try await TestSession(sub: owner.userID).signed(by: secret)
                let person = PersonClient(http: api.http, userID: owner.userID, session: session)
                let before = try await person.unread()
                #expect(before.header("X-Poll-Interval") == "10")
                let etag = try #require(before.header("ETag"))
                // Somebody holds the head: whoever wants to mark waits for it, and the others for a connection.
                let held = try await installation.database.pool.transaction { connection in
                    _ = try await connection.query("SET LOCAL idle_in_transaction_session_timeout = 0")
                    _ = try await connection.query(
                        "SELECT 1 FROM inbox_heads WHERE user_id = $1 FOR UPDATE", [.text(owner.userID)])
                    return try await concurrently(Array(0..<60), atOnce: 60) { _ in
                        try await person.mark(ids[0], #"{"archived":true}"#).status
                    }
                }
                #expect(held.allSatisfy { $0 == 503 }, "\(Set(held))")
                var answer = try await person.unread(etag: etag)
                #expect(answer.status == 304)
                let grown = try #require(answer.header("X-Poll-Interval").flatMap(Int.init))
                #expect(grown > 10 && grown <= 60, "\(grown)")
                var last = grown
                try await require("the pace is the ordinary one again", within: .seconds(120)) {
                    answer = try await person.unread(etag: etag)
                    let now = try #require(answer.header("X-Poll-Interval").flatMap(Int.init))
                    #expect(now <= last, "\(now) after \(last)")
                    last = now
                    return now == 10
                }
            }
        }
    }
}
