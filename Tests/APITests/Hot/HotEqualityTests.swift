import FoundationEssentials
import JWTKit
import Kafka
import Notifications
import Operations
import TestSupport
import Testing

@testable import API

/// Whatever is asked, both ways in give the same answer: status, fields and body.
@Suite(.timeLimit(.minutes(5))) struct HotEqualityTests {
    /// The answers to these, one after the other on one connection as long as it lasts, through each way.
    private static func answers(
        to requests: [WireRequest], isHot: Bool, _ limits: HotWorld.Limits = HotWorld.Limits()
    ) async throws -> [RawConnection.Answer?] {
        try await HotWorld.with(isHot: isHot, limits) { world in
            var answers: [RawConnection.Answer?] = []
            while answers.count < requests.count {
                let done = answers.count
                answers += try await RawConnection.with(port: world.port) { connection in
                    var answers: [RawConnection.Answer?] = []
                    for request in requests[done...] {
                        try await connection.send(request.text)
                        answers.append(try await connection.answer())
                        if answers.last == .some(nil) { break }
                    }
                    return answers
                }
            }
            return answers
        }
    }

    /// What no two runs have in common is put out: ids, times, and how long to wait.
    private static func comparable(_ answer: RawConnection.Answer?) -> RawConnection.Answer? {
        guard var answer else { return nil }
        for pattern in [
            #/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/#, #/Date: .*/#,
            #/"(accepted|due)_at":"20[2-8][^"]*"/#, #/Retry-After: .*/#, #/t=[0-9]+/#,
        ] as [any RegexComponent] {
            answer.fields = answer.fields.map { $0.replacing(pattern, with: "…") }
            answer.body = answer.body.replacing(pattern, with: "…")
        }
        return answer
    }

    private static func expectEqual(
        _ requests: [WireRequest], _ limits: HotWorld.Limits = HotWorld.Limits()
    ) async throws {
        var expected: [RawConnection.Answer?] = []
        var found: [RawConnection.Answer?] = []
        // Limits count by the calendar's minute: what went on over its end is asked once more.
        for _ in 0..<2 {
            let minute = Self.minute
            async let plain = Self.answers(to: requests, isHot: false, limits)
            async let hot = Self.answers(to: requests, isHot: true, limits)
            (expected, found) = try await (plain, hot)
            if Self.minute == minute { break }
        }
        for (request, (expected, found)) in zip(requests, zip(expected, found)) {
            #expect(Self.comparable(found) == Self.comparable(expected), "\(request)")
        }
    }

    private static var minute: Int64 { Instant.now.microseconds / 60_000_000 }

    @Test func aTableOfGoodAndBad() async throws {
        try await Self.expectEqual(WireRequest.requests)
    }

    @Test func withOriginsAllowed() async throws {
        try await Self.expectEqual(WireRequest.requests, HotWorld.Limits(origins: ["https://app.test"]))
    }

    @Test func withLimitsOfUserAndToken() async throws {
        // The token's count is told in each answer, and comes to its end.
        try await Self.expectEqual(
            (0..<40).map { _ in .send(WireRequest.good) }, HotWorld.Limits(user: 10, token: 30))
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func hostileTexts(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        try await Self.expectEqual((0..<150).map { _ in .hostile(&random) }, HotWorld.Limits(user: 1_000))
    }

    @Test func polls() async throws {
        let ann = try await token(Claims(sub: "ann"))
        let late = try await token(Claims(exp: anHourAgo))
        let etag = InboxAnswers.etag(3, of: Person("ann"), at: .now)
        let others = InboxAnswers.etag(3, of: Person("bob"), at: .now)
        let requests: [WireRequest] = [
            .poll(["Authorization: Bearer \(ann)", "If-None-Match: \(etag)"]),
            .poll(["Authorization: Bearer \(ann)", "If-None-Match: \(etag)"]),
            .poll(["Authorization: Bearer \(ann)", "If-None-Match: W/\(etag)"]),
            .poll(["Authorization: Bearer \(ann)", "If-None-Match: \"x\", \(etag)"]),
            .poll(["Authorization: Bearer \(ann)", "If-None-Match: *"]),
            .poll(["Cookie: a=b; notifi_session=\(ann)", "If-None-Match: \(etag)"]),
            .poll(["Cookie: a=b", "Cookie: notifi_session=\(ann)", "If-None-Match: \(etag)"]),
            .poll(["Cookie: notifi_session=", "If-None-Match: \(etag)"]),
            .poll(["If-None-Match: \(etag)"]), .poll(["Authorization: Bearer \(late)", "If-None-Match: \(etag)"]),
            .poll(["Authorization: Bearer \(ann)x", "If-None-Match: \(etag)"]),
            .poll(["Authorization: Bearer \(late)", "Cookie: notifi_session=\(ann)", "If-None-Match: \(etag)"]),
            .poll(["Authorization: Basic x", "Cookie: notifi_session=\(ann)", "If-None-Match: \(etag)"]),
            .poll(["Authorization: Bearer \(ann)", "If-None-Match: \(etag)", "Origin: https://app.test"]),
            .poll(["Authorization: Bearer \(ann)", "If-None-Match: \(etag)"], query: "?cursor=%%%"),
            // A change, or no ETag: a page.
            .poll(["Authorization: Bearer \(ann)", "If-None-Match: \(others)"]),
            .poll(["Authorization: Bearer \(ann)"]),
        ]
        for origins in [[], ["https://app.test"]] {
            try await Self.expectEqual(requests, HotWorld.Limits(origins: origins))
        }
        // The ETag names the day, which may have ended meanwhile.
        let tomorrows = InboxAnswers.etag(3, of: Person("ann"), at: Instant.now.advanced(bySeconds: 86_400))
        let known = WireRequest.poll(["Authorization: Bearer \(ann)", "If-None-Match: \(etag), \(tomorrows)"])
        let first = try #require(try await Self.answers(to: [known], isHot: true)[0])
        #expect(first.status.contains("304"))
    }

    /// Pages of all lengths, an inbox whose requests are used up, and Postgres away; and what is behind each stays whole.
    @Test(arguments: ["ann", "nobody", "full", "many", "over", "away"])
    func pages(user: String) async throws {
        let session = "Authorization: Bearer \(try await token(Claims(sub: user)))"
        let current = InboxAnswers.etag(Int64(user.utf8.count), of: Person(user), at: .now)
        let requests: [WireRequest] = [
            .poll([session]), .poll([session, "If-None-Match: \"x\""]), .poll([session, "Origin: https://app.test"]),
            .poll([session, "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]),
            .poll([session, "Content-Length: 0"]), .poll([session, "If-None-Match: \(current)"]), .poll([session]),
        ]
        for origins in [[], ["https://app.test"]] {
            try await Self.expectEqual(requests, HotWorld.Limits(origins: origins))
        }
        let answer = try #require(try await Self.answers(to: [requests[0]], isHot: true)[0])
        let (status, code) =
            ["over": ("429", "too_many_requests"), "away": ("503", "unavailable")][user] ?? ("200", "")
        #expect(answer.status.contains(status) && answer.body.contains(code))
        #expect(answer.fields.contains { $0.hasPrefix("Link: ") } == (user == "many"))
    }

    @Test func morePagesThanMayBeUnderWay() async throws {
        let session = "Authorization: Bearer \(try await token(Claims(sub: "ann")))"
        try await Self.expectEqual([.poll([session]), .poll([session])], HotWorld.Limits(inboxes: 1))
    }

    @Test func brokersThatAreAway() async throws {
        for isHot in [false, true] {
            try await HotWorld.with(isHot: isHot, HotWorld.Limits(messageTimeout: .milliseconds(500))) { world in
                try world.broker.setAllBrokers(up: false)
                try await RawConnection.with(port: world.port) { connection in
                    try await connection.send(WireRequest.send(WireRequest.good).text)
                    let answer = try #require(try await connection.answer())
                    #expect(answer.status.contains("503") && answer.body.contains(#""code":"unavailable""#))
                    #expect(answer.fields.contains { $0.hasPrefix("Retry-After: ") })
                }
            }
        }
    }

    @Test func moreThanMayBeUnderWay() async throws {
        try await HotWorld.with(isHot: true, HotWorld.Limits(sends: 1, messageTimeout: .seconds(60))) { world in
            try await RawConnection.with(port: world.port) { first in
                try await RawConnection.with(port: world.port) { second in
                    let good = WireRequest.send(WireRequest.good).text
                    // What comes before a first send takes several round trips, which are quick ones here.
                    try await first.send(good)
                    #expect(try await first.answer()?.status == "HTTP/1.1 202 Accepted")
                    try world.broker.setRoundTripTime(.seconds(5))
                    try await first.send(good)
                    let end = ContinuousClock.now + .seconds(30)
                    while world.sends.requests == 0, ContinuousClock.now < end { await Task.yield() }
                    try await second.send(WireRequest.send("{}").text)
                    let refused = try await second.answer()
                    #expect(refused?.status.contains("503") == true)
                    #expect(refused?.body.contains(#""code":"overloaded""#) == true)
                    #expect(try await first.answer()?.status == "HTTP/1.1 202 Accepted")
                    try await second.send(WireRequest.send("{}").text)
                    #expect(try await second.answer()?.status.contains("422") == true, "the place is free")
                }
            }
        }
    }
}
