import Foundation
import Notifications
import Testing

@testable import Harness

// MARK: - Good input

extension EndToEnd.API.SendingTests {
    /// Texts that somebody might be tempted to change.
    static let texts: [(what: String, text: String)] = [
        ("one letter", "x"),
        ("4,096 bytes of emoji", String(repeating: "😀", count: 1_024)),
        ("4,096 bytes of ASCII", String(repeating: "x", count: 4_096)),
        ("what looks like markup", #"1 < 2, <3, AT&T, &amp; &lt;b&gt; < b> </> and a <b"#),
        ("lines and tabs", "one\ntwo\r\nthree\tfour"),
        ("blanks around it", "  between  "),
        ("joined and combined", "👨‍👩‍👧‍👦 e\u{301} é \u{1F1E9}\u{1F1EA} ﷽"),
        ("right to left", "\u{200F}abc\u{200E} עברית"),
        ("line separators", "a\u{2028}b\u{2029}c"),
        ("a byte order mark, and noncharacters", "\u{FEFF}a\u{FFFE}\u{10FFFF}"),
        ("templates and statements", "'; DROP TABLE inbox; -- {{7*7}} ${x} %s %n \\u0000 \\"),
        ("JSON", #"{"message":"no"}"#),
    ]

    @Test("a message arrives as it was sent, byte for byte, for sender and recipient")
    func messages() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "text")[0]
        let ids = try await concurrently(Self.texts, atOnce: 4) { _, text in
            try await installation.service.send(Outgoing(to: user, text)).id
        }
        for (id, (what, text)) in zip(ids, Self.texts) {
            let record = try await installation.service.record(of: id, in: "delivered")
            #expect(record.message.map { Array($0.utf8) } == Array(text.utf8), "\(what)")
        }
        let shown = try await installation.person(user).inbox()
        let messages = Dictionary(shown.map { ($0.id, Array($0.message.utf8)) }) { first, _ in first }
        for (id, (what, text)) in zip(ids, Self.texts) { #expect(messages[id] == Array(text.utf8), "\(what)") }
    }

    @Test("all members at their limits arrive unchanged in the answer, the record, the list and the inbox")
    func allMembers() async throws {
        let installation = try Installation.shared
        let mark = installation.users(1, "full")[0]
        let user = mark + String(repeating: "u", count: 128 - mark.utf8.count)
        // `{"nested":…}` in canonical form, 4,096 bytes of it.
        let nested =
            #"{"deep":{"er":[1,-2,0.5,true,null,"é😀\n",[],{}]},"largest":9223372036854775807,"odd":9007199254740993,"#
        let filler = String(repeating: "x", count: 4_096 - nested.utf8.count - #""z":""}"#.utf8.count)
        let data = nested + #""z":"\#(filler)"}"#
        try #require(data.utf8.count == 4_096)
        let members: [String: String?] = [
            "title": try quoted(String(repeating: "é", count: 128)),
            "action_url": try quoted("https://a.example/" + String(repeating: "x", count: 2_048 - 18)),
            "priority": #""critical""#, "data": data, "message": try quoted(String(repeating: "漢", count: 1_365) + "x"),
            "expires_at": #""2099-12-31T23:59:59.5+14:00""#, "schedule": "null",
        ]
        let answer = try await installation.http.ask(
            "POST", "/api/notifications", token: installation.service.token,
            headers: ["Content-Type": "Application/JSON; charset=utf-8"], json: try draft(to: user, members))
        try #require(answer.status == 202, "\(answer.text)")
        let id = try answer.decode(Record.self).id
        let record = try await { () async throws -> HTTPAnswer in
            _ = try await installation.service.record(of: id, in: "delivered")
            return try await installation.service.get(id)
        }()
        let list = try await installation.http.ask(
            "GET", "/api/notifications?user_id=\(user)", token: installation.service.token)
        let unread = try await installation.person(user).unread()

        let wanted = try JSONDecoder().decode(JSONTree.self, from: Data(try draft(to: user, members).utf8))
        for (what, shown, text) in [
            ("answer", try answer.decode(JSONTree.self), answer.text),
            ("record", try record.decode(JSONTree.self), record.text),
            ("list", try #require(try list.decode(JSONTree.self)["notifications"]?.elements.first), list.text),
            ("inbox", try #require(try unread.decode(JSONTree.self).elements.first), unread.text),
        ] {
            for member in ["event_type", "message", "title", "action_url", "priority", "data"] {
                #expect(shown[member] == wanted[member], "\(member) in the \(what)")
            }
            // Integers of 64 bits are exact, which a double would not show.
            #expect(text.contains(#""largest":9223372036854775807,"odd":9007199254740993,"#), "\(what)")
            if what != "inbox" {
                #expect(shown["user_id"] == .string(user), "\(what)")
                #expect(shown["expires_at"] == .string("2099-12-31T09:59:59.500000Z"), "\(what)")
                #expect(shown["schedule"] == nil, "\(what)")
                #expect(shown["due_at"] == shown["accepted_at"], "\(what)")
            }
        }
        #expect(try unread.decode(JSONTree.self).elements.first?["scheduled"] == .bool(false))
    }

    @Test("a body of exactly 64 KiB is taken, and numbers keep their values")
    func largestBody() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "large")[0]
        let numbers = #"{"a":1e308,"b":-9223372036854775808,"c":0.1,"d":18446744073709551616,"e":1e-300,"f":-0.0}"#
        let json = try draft(to: user, ["data": numbers])
        let body = Data(json.utf8) + Data(repeating: 0x20, count: 65_536 - json.utf8.count)
        let answer = try await installation.http.ask(
            "POST", "/api/notifications", token: installation.service.token, body: body)
        try #require(answer.status == 202, "\(answer.text)")
        let id = try answer.decode(Record.self).id
        _ = try await installation.service.record(of: id, in: "delivered")
        let shown = try await installation.person(user).unread().decode(JSONTree.self).elements.first?["data"]
        #expect(try shown == JSONDecoder().decode(JSONTree.self, from: Data(numbers.utf8)))
    }

    @Test("any horizon: a schedule in the year 9999, with an offset, is kept to the microsecond")
    func farSchedule() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "far")[0]
        for (schedule, utc) in [
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
            ("2031-02-28T23:30:00.123456789-01:30", "2031-03-01T01:00:00.123456Z"),
        ] {
            let answer = try await installation.http.ask(
                "POST", "/api/notifications", token: installation.service.token,
                json: try draft(to: user, ["schedule": try quoted(schedule)]))
            try #require(answer.status == 202, "\(answer.text)")
            let sent: Record = try answer.decode()
            #expect(sent.state == "accepted" && sent.schedule == utc && sent.dueAt == utc)
            let record = try await installation.service.record(of: sent.id, in: "scheduled")
            #expect(record.schedule == utc && record.dueAt == utc)
            #expect(try await installation.service.cancel(sent.id).state == "cancelled")
        }
        #expect(try await installation.person(user).inbox().isEmpty)
    }

    @Test("an expiry is kept, and no reschedule leads beyond it")
    func expiry() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "expiry")[0]
        let expiresAt = Instant.inSeconds(600)
        let answer = try await installation.http.ask(
            "POST", "/api/notifications", token: installation.service.token,
            json: try draft(to: user, ["expires_at": try quoted(expiresAt.description)]))
        try #require(answer.status == 202, "\(answer.text)")
        let sent = try answer.decode(Record.self)
        _ = try await installation.service.record(of: sent.id, in: "delivered")
        let later = try await installation.http.ask(
            "POST", "/api/notifications", token: installation.service.token,
            json: try draft(
                to: user,
                [
                    "schedule": try quoted(Instant.inSeconds(60).description),
                    "expires_at": try quoted(expiresAt.description),
                ]))
        let scheduled: Record = try later.decode()
        _ = try await installation.service.record(of: scheduled.id, in: "scheduled")
        try expectProblem(
            try await installation.service.reschedule(scheduled.id, to: .inSeconds(700)), 422, "validation_failed",
            faults: ["/schedule before_due"])
        _ = try await installation.service.cancel(scheduled.id)
    }
}
