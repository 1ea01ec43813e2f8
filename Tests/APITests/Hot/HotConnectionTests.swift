import Kafka
import Operations
import TestSupport
import Testing

@testable import API

/// What holds of a connection, whoever answers on it.
@Suite(.timeLimit(.minutes(5))) struct HotConnectionTests {
    private static let good = WireRequest.send(WireRequest.good)
    private static let bad = WireRequest.send("{}")
    private static let slow = WireRequest(line: "GET /nowhere HTTP/1.1", fields: ["Host: a"])

    @Test("the framework has no part in them")
    func alone() async throws {
        try await HotWorld.with(isHot: true, hasRoutes: false) { world in
            let session = try await token(Claims(sub: "ann"))
            let etag = InboxAnswers.etag(3, of: Person("ann"), at: .now)
            // What a first poll through the framework does.
            _ = try await (world.sessions.user(of: session), world.versions.version(of: Person("ann")))
            try await RawConnection.with(port: world.port) { connection in
                for (request, status) in [
                    (Self.good, "202"), (Self.bad, "422"),
                    (.poll(["Authorization: Bearer \(session)", "If-None-Match: \(etag)"]), "304"),
                    (.poll(["Cookie: notifi_session=\(session)", "If-None-Match: \(etag)"]), "304"),
                    (.send(WireRequest.good, more: ["Expect: 100-continue"]), "404"),
                    (.poll(["Authorization: Bearer \(session)", "If-None-Match: \"x\""]), "200"),
                    (.poll(["Authorization: Bearer \(session)"]), "200"),
                    (.poll(["Authorization: Bearer \(session)"], query: "?cursor=MQ"), "404"),
                ] {
                    try await connection.send(request.text)
                    var answer = try #require(try await connection.answer())
                    // Memory is trusted for three seconds at a time, which may have passed on a busy machine.
                    while status != "404", answer.status.contains("404") {
                        world.versions.trust()
                        _ = try await world.versions.version(of: Person("ann"))
                        try await connection.send(request.text)
                        answer = try #require(try await connection.answer())
                    }
                    #expect(answer.status.contains(status), "\(request): \(answer)")
                }
            }
        }
    }

    @Test("requests sent at once are answered in their order, whoever answers them")
    func pipelined() async throws {
        try await HotWorld.with(isHot: true) { world in
            try world.broker.setRoundTripTime(.milliseconds(50))
            try await RawConnection.with(port: world.port) { connection in
                let requests = [Self.good, Self.slow, Self.bad, Self.good, Self.good, Self.slow, Self.bad]
                try await connection.send(requests.map(\.text).joined())
                var found: [String] = []
                for _ in requests {
                    found.append(String(try #require(try await connection.answer()).status.dropFirst(9).prefix(3)))
                }
                #expect(found == ["202", "404", "422", "202", "202", "404", "422"])
            }
        }
    }

    @Test("it does not matter where the bytes of a request are parted")
    func fragments() async throws {
        try await HotWorld.with(isHot: true, HotWorld.Limits(user: 10_000)) { world in
            try await RawConnection.with(port: world.port) { connection in
                let text = Self.good.text
                for place in 1..<text.count {
                    try await connection.send(String(text.prefix(place)))
                    // A turn of the server's loop, more often than not: either way the answer is the same.
                    await Task.yield()
                    try await connection.send(String(text.dropFirst(place)))
                    #expect(try await connection.answer()?.status == "HTTP/1.1 202 Accepted", "parted at \(place)")
                }
            }
        }
    }

    @Test("a peer that sends no more is still answered")
    func halfClosed() async throws {
        try await HotWorld.with(isHot: true) { world in
            try world.broker.setRoundTripTime(.milliseconds(300))
            try await RawConnection.with(port: world.port) { connection in
                try await connection.send(Self.good.text)
                await connection.endSending()
                #expect(try await connection.answer()?.status == "HTTP/1.1 202 Accepted")
                #expect(try await connection.answer() == nil, "and then it is closed")
            }
        }
    }

    @Test("a peer that goes before its answer leaves its place")
    func gone() async throws {
        try await HotWorld.with(isHot: true, HotWorld.Limits(sends: 2)) { world in
            try world.broker.setRoundTripTime(.milliseconds(200))
            for _ in 0..<6 {
                try await RawConnection.with(port: world.port) { try await $0.send(Self.good.text) }
            }
            try await RawConnection.with(port: world.port) { connection in
                var status: String?
                while status != "HTTP/1.1 202 Accepted" {
                    try await connection.send(Self.good.text)
                    status = try #require(try await connection.answer()).status
                }
            }
        }
    }

    @Test("what asks for the connection to be closed gets that")
    func closing() async throws {
        try await HotWorld.with(isHot: true) { world in
            try await RawConnection.with(port: world.port) { connection in
                try await connection.send(Self.good.text)
                #expect(try await connection.answer()?.status == "HTTP/1.1 202 Accepted")
                try await connection.send(WireRequest.send(WireRequest.good, more: ["Connection: close"]).text)
                #expect(try await connection.answer()?.status == "HTTP/1.1 202 Accepted")
                #expect(try await connection.answer() == nil)
            }
        }
    }

    @Test("a connection is idle when nobody says anything, not when the framework hears nothing")
    func idle() async throws {
        try await HotWorld.with(isHot: true, HotWorld.Limits(idle: .seconds(5))) { world in
            try await RawConnection.with(port: world.port) { connection in
                let end = ContinuousClock.now + .seconds(8)
                while ContinuousClock.now < end {
                    try await connection.send(Self.bad.text)
                    #expect(try await connection.answer()?.status.contains("422") == true)
                }
                #expect(try await connection.answer() == nil, "closed after five seconds")
            }
        }
    }

    @Test("one that waits for its report is not idle")
    func waitingIsNotIdle() async throws {
        let limits = HotWorld.Limits(messageTimeout: .seconds(60), idle: .seconds(5))
        try await HotWorld.with(isHot: true, limits) { world in
            try world.broker.setRoundTripTime(.seconds(7))
            try await RawConnection.with(port: world.port) { connection in
                try await connection.send(Self.good.text)
                #expect(try await connection.answer()?.status == "HTTP/1.1 202 Accepted")
            }
        }
    }

    @Test("a body that goes wrong behind its answer ends its connection, and nothing else")
    func brokenBody() async throws {
        try await HotWorld.with(isHot: true) { world in
            for line in ["GET /nowhere", "POST /nowhere", "POST /api/notifications"] {
                try await RawConnection.with(port: world.port) { connection in
                    try await connection.send(
                        "\(line) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n")
                    #expect(try await connection.answer()?.status.hasPrefix("HTTP/1.1 4") == true)
                    #expect(try await connection.answer() == nil)
                }
            }
            try await RawConnection.with(port: world.port) { connection in
                try await connection.send(Self.good.text)
                #expect(try await connection.answer()?.status == "HTTP/1.1 202 Accepted")
            }
        }
    }

    @Test("the end of a request that is answered already is not waited for when the server stops")
    func stoppingWithinARequest() async throws {
        try await HotWorld.with(isHot: true, HotWorld.Limits(idle: .seconds(3_600))) { world in
            try await RawConnection.with(port: world.port) { connection in
                try await connection.send("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx")
                #expect(try await connection.answer()?.status.contains("404") == true)
                await world.stop()
                #expect(try await connection.answer() == nil)
            }
        }
    }

    @Test("a POST that is on its way to the brokers is answered when the server stops")
    func stoppingWhilePublishing() async throws {
        let limits = HotWorld.Limits(messageTimeout: .seconds(60), idle: .seconds(3_600))
        try await HotWorld.with(isHot: true, limits) { world in
            try world.broker.setRoundTripTime(.seconds(2))
            try await RawConnection.with(port: world.port) { connection in
                try await connection.send(Self.good.text)
                // On a machine so busy that two seconds pass unseen, it stops behind the answer.
                let end = ContinuousClock.now + .seconds(30)
                while world.sends.requests == 0, ContinuousClock.now < end { await Task.yield() }
                await world.stop()
                #expect(try await connection.answer()?.status == "HTTP/1.1 202 Accepted")
                #expect(try await connection.answer() == nil)
            }
        }
    }

    @Test("many at once are each answered with their own")
    func many() async throws {
        try await HotWorld.with(isHot: true) { world in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for user in 0..<24 {
                    group.addTask {
                        try await RawConnection.with(port: world.port) { connection in
                            for number in 0..<20 {
                                let body =
                                    #"{"user_id":"u\#(user)","event_type":"new_message","message":"m\#(number)"}"#
                                try await connection.send(WireRequest.send(body).text)
                                let answer = try #require(try await connection.answer())
                                #expect(answer.body.contains(#""message":"m\#(number)""#))
                                #expect(answer.body.contains(#""user_id":"u\#(user)""#))
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
