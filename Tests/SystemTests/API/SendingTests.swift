import Foundation
import Kafka
import Notifications
import Store
import Testing
import Wire

@testable import Harness
@testable import Notifi

extension EndToEnd.API {
    /// POST: what is taken arrives as it was, what is not taken is published nowhere.
    @Suite struct SendingTests {}
}

// MARK: - Bad input

extension EndToEnd.API.SendingTests {
    @Test("every bad body is answered with its code and all its faults, and nothing of it is published")
    func badBodies() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "bad")[0]
        let published = try await installation.publishedRequests()
        let bodies = try BadBody.all(user)
        for bad in bodies {
            let answer = try await installation.http.ask(
                "POST", "/api/notifications", token: installation.service.token, headers: bad.headers, body: bad.bytes)
            try expectProblem(answer, bad.status, bad.code, faults: bad.faults, bad.what)
        }
        try await installation.expectOnlyMarker(to: user, since: published)
    }

    @Test("an event type that was disabled is refused, and taken again when it is enabled")
    func disabledEventType() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "disabled")[0]
        let pool = installation.database.pool
        let type = EventType(name: "brief_\(UUID().uuidString.prefix(8).lowercased())", label: "Brief")
        var outgoing = Outgoing(to: user, "of a new type")
        outgoing.eventType = type.name
        try expectProblem(
            try await installation.service.post(outgoing), 422, "validation_failed",
            faults: ["/event_type unknown_event_type"])

        try await PutEventType.run(type, on: pool)
        try await require("the new type is taken", within: .seconds(10)) {
            try await installation.service.post(outgoing).status == 202
        }
        #expect(try await DisableEventType.run(type.name, on: pool))
        let published = Shared(try await installation.publishedRequests())
        try await require("the disabled type is refused", within: .seconds(10)) {
            let answer = try await installation.service.post(outgoing)
            if answer.status == 202 { published.change { $0 += 1 } }
            return answer.status == 422
        }
        try expectProblem(
            try await installation.service.post(outgoing), 422, "validation_failed",
            faults: ["/event_type disabled_event_type"])
        try await installation.expectMarker(to: user, since: published.value)

        try await PutEventType.run(type, on: pool)
        try await require("it is taken again", within: .seconds(10)) {
            try await installation.service.post(outgoing).status == 202
        }
    }

    @Test("an Idempotency-Key that is empty, too long or not printable ASCII is a 422, and nothing is published")
    func badKeys() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "badkey")[0]
        let published = try await installation.publishedRequests()
        for key in [
            "", String(repeating: "k", count: 256), "schlüssel", "a\tb", "😀", "k" + String(repeating: "é", count: 2),
        ] {
            let answer = try await installation.service.post(Outgoing(to: user, "bad key"), key: key)
            try expectProblem(
                answer, 422, "validation_failed", faults: ["Idempotency-Key bad_key"], key.debugDescription)
        }
        let items = try ["\"\"", "7", "\"ü\""].map { try draft(to: user, ["idempotency_key": $0]) }
        let batch = try await installation.http.ask(
            "POST", "/api/notifications/batch", token: installation.service.token,
            json:
                "[\(items.joined(separator: ","))]"
        )
        let results = try batch.decode(FaultyBatch.self).results
        #expect(results.map(\.status) == [422, 422, 422])
        #expect(
            results.map { $0.problem?.faults ?? [] } == [
                ["/idempotency_key bad_key"], ["/idempotency_key wrong_type"], ["/idempotency_key bad_key"],
            ])
        try await installation.expectOnlyMarker(to: user, since: published)
    }

    @Test("a reschedule with a bad body is answered alike, and changes nothing")
    func badReschedules() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "badmove")[0]
        let service = installation.service
        let sent = try await service.send(Outgoing(to: user, "unmoved", at: .inSeconds(3_600)))
        _ = try await service.record(of: sent.id, in: "scheduled")
        let bad: [(String, Int, String, [String])] = [
            ("", 400, "invalid_json", []),
            ("{", 400, "invalid_json", []),
            ("[]", 422, "validation_failed", [" wrong_type"]),
            ("{}", 422, "validation_failed", ["/schedule required"]),
            (#"{"schedule":null}"#, 422, "validation_failed", ["/schedule required"]),
            (#"{"schedule":7}"#, 422, "validation_failed", ["/schedule wrong_type"]),
            (#"{"schedule":"later"}"#, 422, "validation_failed", ["/schedule bad_time"]),
            (#"{"schedule":"2020-01-01T00:00:00Z"}"#, 422, "validation_failed", ["/schedule in_the_past"]),
            (
                #"{"schedule":"2030-01-01T00:00:00Z","message":"x"}"#, 422, "validation_failed",
                ["/message unknown_member"]
            ),
        ]
        for (body, status, code, faults) in bad {
            let answer = try await installation.http.ask(
                "PATCH", "/api/notifications/\(sent.id)", token: service.token, json: body)
            try expectProblem(answer, status, code, faults: faults, body)
        }
        let type = try await installation.http.ask(
            "PATCH", "/api/notifications/\(sent.id)", token: service.token, headers: ["Content-Type": "text/plain"],
            json: #"{"schedule":"2030-01-01T00:00:00Z"}"#)
        try expectProblem(type, 415, "unsupported_media_type")
        let unchanged = try await service.record(of: sent.id, in: "scheduled")
        #expect(unchanged.schedule == sent.schedule && !unchanged.events.contains("rescheduled"))
        _ = try await service.cancel(sent.id)
    }
}

/// The answer to a batch, with all faults.
struct FaultyBatch: Decodable, Sendable {
    struct Result: Decodable, Sendable {
        let status: Int
        let notification: Record?
        let problem: ProblemDocument?
    }

    let results: [Result]
}

// MARK: - What was published

extension Installation {
    /// How many requests the topic has ever got.
    func publishedRequests() async throws -> Int64 {
        // A group that has never committed lacks all of them.
        try await self.brokers.lag(group: "\(self.brokers.prefix).nobody", topic: self.topics.requests)
    }

    /// Sends one good notification, and checks that it is the only one that was published since then. It goes the way
    /// of the others, behind them: what had been published of them would be there before it.
    @discardableResult
    func expectMarker(
        to user: String, since count: Int64, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let marker = try await self.service.send(Outgoing(to: user, "the marker"), sourceLocation: sourceLocation)
        #expect(try await self.publishedRequests() == count + 1, "requests published", sourceLocation: sourceLocation)
        _ = try await self.service.record(of: marker.id, in: "delivered", sourceLocation: sourceLocation)
        return marker.id
    }

    /// As `expectMarker`, and the recipient has nothing else.
    func expectOnlyMarker(
        to user: String, since count: Int64, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let marker = try await self.expectMarker(to: user, since: count, sourceLocation: sourceLocation)
        #expect(try await self.person(user).inbox().map(\.id) == [marker], sourceLocation: sourceLocation)
        #expect(try await self.database.countInOutbox(of: [user]) == 0, sourceLocation: sourceLocation)
    }
}
