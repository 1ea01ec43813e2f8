import Foundation
import Testing

@testable import Harness

/// A body that `POST /api/notifications` must not take, and what it is answered.
struct BadBody: Sendable {
    let what: String
    let bytes: Data
    var status = 422
    var code = "validation_failed"
    var faults: [String] = []
    var headers: [String: String] = [:]

    /// A fault of members, whose values are JSON texts.
    static func members(
        _ what: String, _ userID: String, _ members: [String: String?], _ faults: String...
    ) throws -> Self {
        BadBody(what: what, bytes: Data(try draft(to: userID, members).utf8), faults: faults)
    }

    static func text(_ what: String, _ json: String, _ faults: String...) -> Self {
        BadBody(what: what, bytes: Data(json.utf8), faults: faults)
    }

    static func notJSON(_ what: String, _ bytes: Data) -> Self {
        BadBody(what: what, bytes: bytes, status: 400, code: "invalid_json")
    }

    static func all(_ user: String) throws -> [BadBody] {
        try self.notJSON(user) + self.otherTypes(user) + self.tooLong(user) + self.characters(user) + self.times(user)
            + self.values(user) + self.mediaTypes(user)
    }

    private static func notJSON(_ user: String) throws -> [BadBody] {
        let good = try draft(to: user)
        let invalidUTF8 =
            Data(#"{"user_id":"\#(user)","event_type":"new_message","message":""#.utf8) + [0xC3, 0x28]
            + Data(#""}"#.utf8)
        let surrogate =
            Data(#"{"user_id":"\#(user)","event_type":"new_message","message":""#.utf8) + [0xED, 0xA0, 0x80]
            + Data(#""}"#.utf8)
        let deep = String(repeating: "[", count: 20_000) + String(repeating: "]", count: 20_000)
        let deepData = try draft(
            to: user, ["data": String(repeating: #"{"a":"#, count: 5_000) + "1" + String(repeating: "}", count: 5_000)])
        return [
            self.notJSON("nothing", Data()),
            self.notJSON("blanks", Data(" \n\t".utf8)),
            self.notJSON("words", Data("hello".utf8)),
            self.notJSON("a form", Data("user_id=\(user)&event_type=new_message&message=Hello".utf8)),
            self.notJSON("cut off", Data(good.dropLast().utf8)),
            self.notJSON("something behind it", Data((good + "x").utf8)),
            self.notJSON("two of them", Data((good + good).utf8)),
            self.notJSON("a member twice", Data((good.dropLast() + #","message":"other"}"#).utf8)),
            self.notJSON("a member twice, escaped", Data((good.dropLast() + #","m\u0065ssage":"other"}"#).utf8)),
            self.notJSON("a member twice within", Data(try draft(to: user, ["data": #"{"a":[{"b":1,"b":1}]}"#]).utf8)),
            self.notJSON("a comment", Data((good + "// yes").utf8)),
            self.notJSON("invalid UTF-8", invalidUTF8),
            self.notJSON("a surrogate in UTF-8", surrogate),
            self.notJSON("half a surrogate pair", Data(try draft(to: user, ["message": #""\ud83d""#]).utf8)),
            self.notJSON("UTF-16", try #require(good.data(using: .utf16))),
            self.notJSON("NUL bytes", Data(count: 100)),
            self.notJSON("a control character unescaped", Data(try draft(to: user, ["message": "\"a\u{1}b\""]).utf8)),
            self.notJSON("a number that no double holds", Data(try draft(to: user, ["data": #"{"n":1e400}"#]).utf8)),
            self.notJSON("NaN", Data(try draft(to: user, ["data": #"{"n":NaN}"#]).utf8)),
            self.notJSON("deep arrays", Data(deep.utf8)),
            self.notJSON("deep data", Data(deepData.utf8)),
        ]
    }

    private static func otherTypes(_ user: String) throws -> [BadBody] {
        var bad = [
            self.text("null", "null", " wrong_type"),
            self.text("a number", "7", " wrong_type"),
            self.text("a string", #""{}""#, " wrong_type"),
            self.text("an array", "[\(try draft(to: user))]", " wrong_type"),
            self.text("an empty object", "{}", "/user_id required", "/event_type required", "/message required"),
            try self.members(
                "an unknown member", user, ["shedule": #""2030-01-01T00:00:00Z""#], "/shedule unknown_member"),
            try self.members(
                "a state", user, ["state": #""delivered""#, "id": "1"], "/state unknown_member", "/id unknown_member"),
            try self.members(
                "odd names", user, ["a/b": "1", "m~n": "1"], "/a~1b unknown_member", "/m~0n unknown_member"),
            try self.members(
                "a key in the body", user, ["idempotency_key": #""k""#], "/idempotency_key unknown_member"),
        ]
        for name in ["user_id", "event_type", "message"] {
            bad.append(try self.members("\(name) left out", user, [name: String?.none], "/\(name) required"))
            bad.append(try self.members("\(name) null", user, [name: "null"], "/\(name) required"))
            bad.append(try self.members("\(name) empty", user, [name: #""""#], "/\(name) empty"))
        }
        for name in ["user_id", "event_type", "message", "title", "action_url", "priority", "schedule", "expires_at"] {
            for value in ["1", "true", "[]", #"{"a":"b"}"#] {
                bad.append(try self.members("\(name) as \(value)", user, [name: value], "/\(name) wrong_type"))
            }
        }
        for value in ["1", "true", "[]", #""{}""#] {
            bad.append(try self.members("data as \(value)", user, ["data": value], "/data wrong_type"))
        }
        return bad
    }

    /// One byte too many each.
    private static func tooLong(_ user: String) throws -> [BadBody] {
        func text(_ count: Int) throws -> String { try quoted(String(repeating: "x", count: count)) }
        let wide = try quoted(String(repeating: "😀", count: 1_024) + "x")
        return [
            try self.members("user_id of 129", user, ["user_id": try text(129)], "/user_id too_long"),
            try self.members(
                "user_id of 43 × 3", user, ["user_id": try quoted(String(repeating: "漢", count: 43))],
                "/user_id too_long"),
            try self.members("message of 4,097", user, ["message": try text(4_097)], "/message too_long"),
            try self.members("message of 1,024 × 4 + 1", user, ["message": wide], "/message too_long"),
            try self.members("title of 257", user, ["title": try text(257)], "/title too_long"),
            try self.members(
                "action_url of 2,049", user, ["action_url": try quoted("/" + String(repeating: "x", count: 2_048))],
                "/action_url too_long"),
            // `{"a":"…"}` is 8 bytes more than what is in it.
            try self.members("data of 4,097", user, ["data": #"{ "a" : \#(try text(4_089)) }"#], "/data too_long"),
            try self.members("event_type of 65", user, ["event_type": try text(65)], "/event_type too_long"),
        ]
    }

    private static func characters(_ user: String) throws -> [BadBody] {
        var bad: [BadBody] = []
        for (what, escape) in [
            ("U+0000", #"\u0000"#), ("U+001B", #"\u001b"#), ("U+007F", #"\u007f"#), ("U+0085", #"\u0085"#),
        ] {
            for name in ["user_id", "event_type", "action_url"] {
                bad.append(
                    try self.members(
                        "\(what) in \(name)", user, [name: "\"a\(escape)b\""], "/\(name) control_character"))
            }
        }
        bad.append(
            try self.members("a line break in user_id", user, ["user_id": #""a\nb""#], "/user_id control_character"))
        for text in [#"\u0000"#, "<script>alert(1)</script>", " <br> ", "<!--", #"\u202e"#, "   "] {
            bad.append(try self.members("message \(text)", user, ["message": "\"\(text)\""], "/message empty"))
        }
        bad += [
            try self.members("names that become one", user, ["data": #"{"<b>a":1,"a":2}"#], "/data duplicate_member"),
            try self.members(
                "names that become one inside", user, ["data": #"{"x":[{"a\u0000":1,"a":2}]}"#],
                "/data/x/0 duplicate_member"),
        ]
        return bad
    }

    private static func times(_ user: String) throws -> [BadBody] {
        var bad: [BadBody] = []
        let texts = [
            "tomorrow", "", "2030-01-31", "2030-01-31T09:00:00", "2030-02-29T09:00:00Z", "2030-13-01T00:00:00Z",
            "2030-01-01T24:00:00Z", "2030-01-01T00:00:00+24:00", "1893456000", "2030-01-01T00:00:00Zx",
            "٢٠٣٠-01-01T00:00:00Z",
            "+2030-01-01T00:00:00Z", "12030-01-01T00:00:00Z",
        ]
        for text in texts {
            bad.append(try self.members("schedule \(text)", user, ["schedule": try quoted(text)], "/schedule bad_time"))
        }
        bad += [
            try self.members(
                "a second ago", user, ["schedule": try quoted("\(Self.inSeconds(-1))")], "/schedule in_the_past"),
            try self.members("long ago", user, ["schedule": #""1970-01-01T00:00:00Z""#], "/schedule in_the_past"),
            try self.members("year 0", user, ["schedule": #""0000-01-01T00:00:00Z""#], "/schedule in_the_past"),
            try self.members("expired", user, ["expires_at": #""2020-01-01T00:00:00Z""#], "/expires_at in_the_past"),
            try self.members(
                "expires when it is due", user,
                ["schedule": #""2030-01-01T00:00:00Z""#, "expires_at": #""2030-01-01T01:00:00+01:00""#],
                "/expires_at before_due"),
        ]
        return bad
    }

    private static func inSeconds(_ seconds: Double) -> String {
        Date(timeIntervalSinceNow: seconds).formatted(.iso8601)
    }

    private static func values(_ user: String) throws -> [BadBody] {
        var bad = [
            try self.members(
                "an unknown event type", user, ["event_type": #""no_such_type""#], "/event_type unknown_event_type"),
            try self.members(
                "its name in capitals", user, ["event_type": #""NEW_MESSAGE""#], "/event_type unknown_event_type"),
            try self.members(
                "a blank behind its name", user, ["event_type": #""new_message ""#], "/event_type unknown_event_type"),
            try self.members("an unknown priority", user, ["priority": #""urgent""#], "/priority unknown_priority"),
            try self.members("an empty priority", user, ["priority": #""""#], "/priority unknown_priority"),
            try self.members(
                "all at once", user,
                [
                    "user_id": "1", "event_type": #""nobody""#, "message": #""""#, "priority": #""x""#, "data": "[]",
                    "x": "1",
                ],
                "/user_id wrong_type", "/event_type unknown_event_type", "/message empty", "/priority unknown_priority",
                "/data wrong_type", "/x unknown_member"),
        ]
        let urls = [
            "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "//evil.example", "/\\evil.example",
            "\\\\evil.example",
            "ftp://files.example", "mailto:a@b.example", "orders/1", "", " https://a.example", "https://",
            "https:///path",
            "https://user:password@a.example", "file:///etc/passwd", "https://a%2eexample/", "https://a.example/<b>",
            "https://a.example/\"x", "/it's", "/.//evil.example", "https://127.1/", "https://ä.example/",
        ]
        for url in urls {
            bad.append(
                try self.members("action_url \(url)", user, ["action_url": try quoted(url)], "/action_url bad_url"))
        }
        return bad
    }

    private static func mediaTypes(_ user: String) throws -> [BadBody] {
        let good = Data(try draft(to: user).utf8)
        return [
            "text/plain", "application/x-www-form-urlencoded", "application/x-ndjson", "application/xml", "", "json",
            "application/json2",
        ]
        .map { type in
            BadBody(
                what: "Content-Type \(type)", bytes: good, status: 415, code: "unsupported_media_type",
                headers: ["Content-Type": type])
        } + [
            BadBody(
                what: "64 KiB and a byte", bytes: good + Data(repeating: 0x20, count: 65_537 - good.count), status: 413,
                code: "payload_too_large"),
            BadBody(
                what: "a megabyte", bytes: good + Data(repeating: 0x20, count: 1_048_576), status: 413,
                code: "payload_too_large"),
        ]
    }
}
