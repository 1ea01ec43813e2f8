import Foundation
import Notifications
import Testing

@testable import Harness

// MARK: - Batches

extension EndToEnd.API.SendingTests {
    private static let lines = ["Content-Type": "application/x-ndjson"]

    private func sendBatch(
        _ body: String, headers: [String: String] = [:], status: Int = 200,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [FaultyBatch.Result] {
        let answer = try await self.postBatch(Data(body.utf8), headers: headers)
        try #require(answer.status == status, "\(answer.status) \(answer.text)", sourceLocation: sourceLocation)
        return try answer.decode(FaultyBatch.self).results
    }

    private func postBatch(_ body: Data, headers: [String: String] = [:]) async throws -> HTTPAnswer {
        let installation = try Installation.shared
        return try await installation.http.ask(
            "POST", "/api/notifications/batch", token: installation.service.token, headers: headers, body: body)
    }

    @Test("an array and NDJSON are taken alike: an answer for each item, in order, and only the good ones arrive")
    func mixed() async throws {
        let installation = try Installation.shared
        for isLines in [false, true] {
            let user = installation.users(1, "mixed")[0]
            let published = try await installation.publishedRequests()
            let items = [
                try draft(to: user, ["message": #""one""#]),
                try draft(to: user, ["message": #""""#, "event_type": #""nobody""#]),
                try draft(to: user, ["message": #""later""#, "schedule": #""2090-01-01T00:00:00Z""#]),
                "7",
                "null",
                try draft(to: user, ["schedule": #""2020-01-01T00:00:00Z""#]),
                try draft(to: user, ["message": #""two""#]),
            ]
            let body =
                isLines ? "\n" + items.joined(separator: "\r\n") + "\n \n" : "[\(items.joined(separator: ",\n"))]"
            let results = try await self.sendBatch(body, headers: isLines ? Self.lines : [:])
            #expect(results.map(\.status) == [202, 422, 202, 422, 422, 422, 202])
            #expect(
                results.map { $0.problem?.faults ?? [] } == [
                    [], ["/event_type unknown_event_type", "/message empty"], [], [" wrong_type"], [" wrong_type"],
                    ["/schedule in_the_past"], [],
                ])
            #expect(results.allSatisfy { ($0.notification == nil) == ($0.problem != nil) })
            #expect(results.allSatisfy { $0.problem?.status ?? $0.status == $0.status })
            #expect(try await installation.publishedRequests() == published + 3)
            let ids = results.compactMap(\.notification?.id)
            try #require(ids.count == 3)
            _ = try await installation.service.record(of: ids[0], in: "delivered")
            _ = try await installation.service.record(of: ids[1], in: "scheduled")
            _ = try await installation.service.record(of: ids[2], in: "delivered")
            #expect(try await installation.person(user).inbox().map(\.id) == [ids[2], ids[0]])
            _ = try await installation.service.cancel(ids[1])
        }
    }

    @Test("a line that is not JSON spoils its own item alone; an array that is not JSON spoils all")
    func brokenItems() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "broken")[0]
        let published = try await installation.publishedRequests()
        let good = try draft(to: user)
        let results = try await self.sendBatch(
            [good, "{", good + good, "\u{0}", "[\(good)]"].joined(separator: "\n"), headers: Self.lines)
        #expect(results.map(\.status) == [202, 400, 400, 400, 422])
        #expect(
            results.dropFirst().map { $0.problem?.code } == [
                "invalid_json", "invalid_json", "invalid_json", "validation_failed",
            ])
        var invalid = Data((good + "\n").utf8)
        invalid +=
            Data(#"{"user_id":"\#(user)","event_type":"new_message","message":""#.utf8) + [0xFF] + Data(#""}"#.utf8)
        let bytes = try await self.postBatch(invalid, headers: Self.lines)
        #expect(try bytes.decode(FaultyBatch.self).results.map(\.status) == [202, 400])
        try expectProblem(try await self.postBatch(Data("[\(good),{]".utf8)), 400, "invalid_json")
        #expect(try await installation.publishedRequests() == published + 2)
    }

    @Test("a batch that is empty, too large, of another type or no batch is refused whole, and nothing is published")
    func refused() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "refused")[0]
        let published = try await installation.publishedRequests()
        let good = try draft(to: user)
        let lines = Self.lines
        let many = [String](repeating: good, count: 1_001)
        let large = 8 * 1_024 * 1_024 + 1
        let bad:
            [(what: String, body: String, headers: [String: String], status: Int, code: String, faults: [String])] = [
                ("nothing", "", [:], 400, "invalid_json", []),
                ("an empty array", "[]", [:], 422, "validation_failed", [" empty"]),
                ("no lines", "", lines, 422, "validation_failed", [" empty"]),
                ("blank lines", "\n \r\n\n", lines, 422, "validation_failed", [" empty"]),
                ("an object", good, [:], 422, "validation_failed", [" wrong_type"]),
                ("1,001 items", "[\(many.joined(separator: ","))]", [:], 422, "validation_failed", [" too_many"]),
                ("1,001 lines", many.joined(separator: "\n"), lines, 422, "validation_failed", [" too_many"]),
                ("lines as an array", "\(good)\n\(good)", [:], 400, "invalid_json", []),
                ("text", "[\(good)]", ["Content-Type": "text/plain"], 415, "unsupported_media_type", []),
                (
                    "8 MiB and a byte", "[\(good)]".padding(toLength: large, withPad: " ", startingAt: 0), [:], 413,
                    "payload_too_large", []
                ),
            ]
        for (what, body, headers, status, code, faults) in bad {
            let answer = try await self.postBatch(Data(body.utf8), headers: headers)
            try expectProblem(answer, status, code, faults: faults, what)
        }
        try await installation.expectOnlyMarker(to: user, since: published)
    }

    @Test("1,000 in one batch are accepted, and arrive")
    func thousand() async throws {
        let installation = try Installation.shared
        let users = installation.users(20, "thousand")
        let items = try (0..<1_000).map { try draft(to: users[$0 % 20], ["message": "\"item \($0)\""]) }
        let results = try await self.sendBatch("[\(items.joined(separator: ","))]")
        let ids = results.compactMap(\.notification?.id)
        try #require(results.allSatisfy { $0.status == 202 } && Set(ids).count == 1_000)
        #expect(results.map { $0.notification?.message ?? "" } == (0..<1_000).map { "item \($0)" })
        try await require("1,000 arrived", within: .seconds(20)) {
            try await installation.database.countInInbox(of: users) == 1_000
        }
        let shown = try await installation.person(users[0]).inbox()
        #expect(shown.map(\.id) == stride(from: 0, to: 1_000, by: 20).map { ids[$0] }.reversed())
    }
}
