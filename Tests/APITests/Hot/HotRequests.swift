import TestSupport

@testable import API

/// A request as it goes over the wire.
struct WireRequest: Sendable, CustomStringConvertible {
    var line: String
    var fields: [String]
    var body = ""

    var text: String { ([self.line] + self.fields).joined(separator: "\r\n") + "\r\n\r\n" + self.body }
    var description: String { "\(self.line) \(self.fields.dropFirst()) \(self.body.prefix(200))" }

    /// - Parameters:
    ///   - token: `nil` for none.
    ///   - length: what `Content-Length` says; `nil` for the truth.
    static func send(
        _ body: String, token: String? = HotWorld.bearer, type: String? = "application/json", more: [String] = [],
        length: Int? = nil
    ) -> WireRequest {
        WireRequest(
            line: "POST /api/notifications HTTP/1.1",
            fields: ["Host: a"] + (token.map { ["Authorization: Bearer \($0)"] } ?? [])
                + (type.map { ["Content-Type: \($0)"] } ?? []) + more
                + ["Content-Length: \(length ?? body.utf8.count)"], body: body)
    }

    static func poll(_ fields: [String], query: String = "") -> WireRequest {
        WireRequest(line: "GET /api/notifications/unread\(query) HTTP/1.1", fields: ["Host: a"] + fields)
    }

    static let good = #"{"user_id":"ann","event_type":"new_message","message":"hello"}"#

    /// Bodies that break one rule each, and good ones.
    static let bodies: [String] =
        [
            Self.good, "", " ", "{", "[]", "null", "1", "\"a\"", "{}", "\u{FEFF}" + Self.good, Self.good + "x",
            Self.good + Self.good, #"{"user_id":"a","user_id":"b","event_type":"new_message","message":"m"}"#,
            #"{"user_id":"","event_type":"","message":""}"#, #"{"user_id":1,"event_type":[],"message":{}}"#,
            #"{"user_id":"a\u0000","event_type":"new_message","message":"m"}"#,
            #"{"user_id":"a\n","event_type":"new_message","message":"m"}"#,
            #"{"user_id":"a","event_type":"old","message":"m"}"#, #"{"user_id":"a","event_type":"nope","message":"m"}"#,
            #"{"user_id":"a","event_type":"new_message","message":"m","shedule":"now","x":1}"#,
            Self.with(#""action_url":"javascript:alert(1)""#), Self.with(#""action_url":"https://evil.test/""#),
            Self.with(#""action_url":"https://example.com/a?b=c""#), Self.with(#""priority":"urgent""#),
            Self.with(#""priority":"critical","title":"<b>T</b>\nx""#), Self.with(#""schedule":"tomorrow""#),
            Self.with(#""schedule":"2001-01-01T00:00:00Z""#), Self.with(#""schedule":"2099-01-01T00:00:00+02:00""#),
            Self.with(#""schedule":"2099-01-01T00:00:00Z","expires_at":"2098-01-01T00:00:00Z""#),
            Self.with(#""expires_at":"2001-01-01T00:00:00Z""#), Self.with(#""expires_at":"2099-01-01T00:00:00Z""#),
            Self.with(#""data":[]"#), Self.with(#""data":{"a":1.50,"b":[1e3,-0,{"c":"\ud83d\ude00"}],"<i>":null}"#),
            Self.with(#""data":{"<b>a</b>":1,"a":2}"#),
            Self.with("\"data\":{\"a\":\"" + String(repeating: "x", count: 5_000) + "\"}"),
            Self.with("\"title\":\"" + String(repeating: "x", count: 300) + "\""),
            #"{"user_id":"a","event_type":"new_message","message":""# + String(repeating: "m", count: 4_097) + "\"}",
            #"{"user_id":""# + String(repeating: "u", count: 129) + #"","event_type":"new_message","message":"m"}"#,
            String(repeating: "[", count: 600) + String(repeating: "]", count: 600),
            "[" + String(repeating: "1,", count: 30_000) + "1]", String(repeating: " ", count: 65_537),
        ]

    /// Good but for the rest of an object.
    static func with(_ members: String) -> String { Self.good.dropLast() + ",\(members)}" }

    static let requests: [WireRequest] =
        Self.bodies.map { .send($0) }
        + [
            .send(Self.good, token: nil), .send(Self.good, token: "notifi_bad"),
            .send(Self.good, token: "notifi_reader"),
            .send(Self.good, token: "notifi_narrow"), .send(Self.good, token: "a b"), .send(Self.good, token: "é"),
            .send(Self.good, token: nil, more: ["Authorization: Basic abc"]),
            .send(Self.good, token: nil, more: ["authorization: bEaReR \(HotWorld.bearer)"]),
            .send(Self.good, more: ["Authorization: Bearer other"]), .send(Self.good, type: nil),
            .send(Self.good, type: "text/plain"), .send(Self.good, type: "Application/JSON; charset=utf-8"),
            .send(Self.good, type: "application/x-ndjson"), .send(Self.good, type: " application/json "),
            .send(Self.good, more: ["Idempotency-Key: one"]), .send(Self.good, more: ["Idempotency-Key: one"]),
            .send(Self.good, more: ["Idempotency-Key: "]), .send(Self.good, more: ["Idempotency-Key: é"]),
            .send(Self.good, more: ["Idempotency-Key: " + String(repeating: "k", count: 256)]),
            .send(Self.good, more: ["Idempotency-Key: a", "Idempotency-Key: b"]),
            .send(Self.good, more: ["traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]),
            .send(Self.good, more: ["traceparent: nonsense"]), .send(Self.good, more: ["Origin: https://app.test"]),
            .send(Self.good, more: ["Origin: https://evil.test"]), .send(Self.good, more: ["Connection: keep-alive"]),
            .send(Self.good, more: ["X-Other: 1", "Accept: */*", "Cookie: notifi_session=x"]),
            WireRequest(
                line: "POST /api/notifications HTTP/1.1",
                fields: [
                    "Host: a", "Authorization: Bearer \(HotWorld.bearer)", "Content-Type: application/json",
                    "Transfer-Encoding: chunked",
                ], body: "\(String(Self.good.utf8.count, radix: 16))\r\n\(Self.good)\r\n0\r\n\r\n"),
            WireRequest(
                line: "POST /api/notifications/ HTTP/1.1",
                fields: ["Host: a", "Authorization: Bearer \(HotWorld.bearer)", "Content-Length: 2"], body: "{}"),
            WireRequest(line: "PUT /api/notifications HTTP/1.1", fields: ["Host: a", "Content-Length: 0"]),
            WireRequest(line: "GET /nowhere HTTP/1.1", fields: ["Host: a"]),
        ]

    /// Texts of all kinds in each member.
    static func hostile(_ random: inout SeededGenerator) -> WireRequest {
        let text = Self.quoted(HostileText.all.randomElement(using: &random) ?? "")
        var members = [#""user_id":"ann""#, #""event_type":"new_message""#, #""message":"m""#]
        switch Int.random(in: 0..<7, using: &random) {
        case 0: members[0] = #""user_id":\#(text)"#
        case 1: members[1] = #""event_type":\#(text)"#
        case 2: members[2] = #""message":\#(text)"#
        case 3: members.append(#""title":\#(text)"#)
        case 4: members.append(#""action_url":\#(text)"#)
        case 5: members.append(#""data":{\#(text):\#(text)}"#)
        default: members.append("\(text):1")
        }
        return .send("{" + members.shuffled(using: &random).joined(separator: ",") + "}")
    }

    private static func quoted(_ text: String) -> String {
        "\""
            + text.unicodeScalars.map { scalar in
                switch scalar {
                case "\"": "\\\""
                case "\\": "\\\\"
                case _ where scalar.value < 0x20:
                    "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
                default: String(scalar)
                }
            }.joined() + "\""
    }
}
