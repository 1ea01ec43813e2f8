import Foundation
import Store
import Testing

@testable import Harness

extension EndToEnd.API {
    /// The requests that a service token may make in a minute.
    @Suite struct TokenLimitTests {
        /// Waits for a minute of which enough is left to do something within it.
        private func untilTheMinuteHas(seconds: Double) async throws {
            try await require("a minute with \(seconds) s left", within: .seconds(70)) {
                Date().timeIntervalSince1970.truncatingRemainder(dividingBy: 60) < 60 - seconds
            }
        }

        private func limited(_ limit: Int32, _ name: String) async throws -> IssuedToken {
            let installation = try Installation.shared
            let token = try await installation.issue(to: installation.serviceName(name))
            try await installation.untilKnown(token)
            try #require(await LimitToken.run(token.id, to: limit, on: installation.database.pool))
            return token
        }

        private func ask(_ http: HTTPClient, _ token: IssuedToken) async throws -> HTTPAnswer {
            try await http.ask("GET", "/api/notifications?limit=1", token: token.text)
        }

        private func left(_ answer: HTTPAnswer) -> Int? {
            answer.header("RateLimit").flatMap { $0.firstMatch(of: /^"token";r=(\d+);t=\d+$/) }
                .flatMap { Int($0.output.1) }
        }

        @Test("a limit holds within 5 s, is told in every answer, and refuses with a 429; a batch counts by its items")
        func limit() async throws {
            let installation = try Installation.shared
            let user = installation.users(1, "limited")[0]
            let token = try await self.limited(12, "limited")
            try await self.untilTheMinuteHas(seconds: 15)
            try await require("the limit is known", within: .seconds(5)) {
                try await self.left(self.ask(installation.http, token)) != nil
            }
            let first = try await self.ask(installation.http, token)
            let known = try #require(self.left(first))
            #expect(first.status == 200 && first.header("RateLimit-Policy") == #""token";q=12;w=60"#)
            // Bad requests count too, and are told as well.
            let bad = try await installation.http.ask(
                "POST", "/api/notifications", token: token.text, json: #"{"user_id":1}"#)
            #expect(bad.status == 422 && self.left(bad) == known - 1)
            let junk = try await installation.http.ask(
                "POST", "/api/notifications/batch", token: token.text, json: "[")
            #expect(junk.status == 400 && self.left(junk) == known - 2)

            func batch(_ count: Int) async throws -> HTTPAnswer {
                let items = try (0..<count).map { _ in try draft(to: user) }.joined(separator: ",")
                return try await installation.http.ask(
                    "POST", "/api/notifications/batch", token: token.text, json: "[\(items)]")
            }
            let large = try await batch(known - 1)
            try expectProblem(large, 429, "too_many_requests")
            #expect(self.left(large) == known - 2, "nothing of it was taken")
            #expect(large.header("Retry-After").flatMap { Int($0) }.map { (1...60).contains($0) } == true)
            let fitting = try await batch(known - 2)
            #expect(fitting.status == 200 && self.left(fitting) == 0)
            for _ in 0..<3 { try expectProblem(try await self.ask(installation.http, token), 429, "too_many_requests") }
            #expect(
                try await installation.http.ask("GET", "/api/notifications", token: installation.service.token).status
                    == 200)

            try #require(await LimitToken.run(token.id, to: nil, on: installation.database.pool))
            try await require("the limit is lifted", within: .seconds(5)) {
                try await self.ask(installation.http, token).status == 200
            }
            #expect(try await self.ask(installation.http, token).header("RateLimit") == nil)
        }

        @Test("replicas share a limit within a refresh, and the API's default holds for tokens without one")
        func replicas() async throws {
            let installation = try Installation.shared
            let variables = [
                "NOTIFI_SESSION_JWT_SECRET": StrictAPI.secret, "NOTIFI_HTTP_TOKEN_REQUESTS_PER_MINUTE": "40",
            ]
            // Far more than is asked for below, so that looking does not use it up.
            let (limit, token) = (10_000, try await self.limited(10_000, "shared"))
            try await withOwnAPI(beside: installation, variables) { other in
                try await self.untilTheMinuteHas(seconds: 20)
                try await require("the limit is known", within: .seconds(5)) {
                    try await self.left(self.ask(installation.http, token)) != nil
                }
                var spent = 0
                for _ in 0..<10 {
                    let answer = try await self.ask(installation.http, token)
                    spent = limit - (try #require(self.left(answer)))
                }
                // The other has seen a few itself by then, while it waited.
                let seen = Shared(0)
                try await require("the other knows: \(seen.value) of \(spent)", within: .seconds(10)) {
                    let left = try #require(try await self.left(self.ask(other.http, token)))
                    seen.change { $0 += 1 }
                    return limit - left >= spent + seen.value
                }
                let service = try await installation.newService("default")
                let answer = try await other.http.ask("GET", "/api/notifications", token: service.token)
                if answer.status == 200 { #expect(answer.header("RateLimit-Policy") == #""token";q=40;w=60"#) }
                #expect(
                    try await installation.http.ask("GET", "/api/notifications", token: service.token)
                        .header("RateLimit") == nil)
            }
        }
    }
}
