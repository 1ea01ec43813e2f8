import FoundationEssentials
import Testing

@testable import Notifications

/// Event types as an operator may have registered them.
let types: [String: EventType] = Dictionary(
    uniqueKeysWithValues: [
        EventType(name: "new_message", label: "New message"),
        EventType(name: "old_news", label: "Old news", isDisabled: true),
        EventType(name: String(repeating: "t", count: 64), label: "A long name"),
    ].map { ($0.name, $0) })

let anyHost = try! AllowedHosts([])

/// The members of a good draft as JSON texts, some of them replaced; `nil` leaves one out.
func body(_ replaced: [String: String?] = [:]) throws -> JSONValue {
    var members: [String: String] = [
        "user_id": #""ann""#, "event_type": #""new_message""#, "message": #""Hello""#,
    ]
    for (name, value) in replaced { members[name] = value }
    return try json("{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}")
}

func draft(_ replaced: [String: String?] = [:]) throws -> Draft {
    try Draft.read(body(replaced), types: types, hosts: anyHost, now: now).get()
}

/// The faults of a body, as `pointer code`.
func faults(_ value: JSONValue, hosts: AllowedHosts = anyHost) -> [String] {
    switch Draft.read(value, types: types, hosts: hosts, now: now) {
    case .success: []
    case .failure(let faults): faults.all.map { "\($0.pointer) \($0.code.rawValue)" }.sorted()
    }
}

func faults(_ replaced: [String: String?]) throws -> [String] { faults(try body(replaced)) }

@Suite struct DraftTests {
    @Test func theLeastThatIsNeeded() throws {
        let draft = try draft()
        #expect(draft.userID == "ann")
        #expect(draft.content == Notification.Content(eventType: "new_message", message: "Hello"))
        #expect(draft.content.priority == .normal)
        #expect(draft.schedule == nil)
        #expect(draft.expiresAt == nil)
    }

    @Test func everyMember() throws {
        let draft = try draft([
            "title": #""Hi""#, "action_url": #""/orders/1""#, "priority": #""high""#, "data": #"{ "b": [1], "a": {} }"#,
            "schedule": #""2026-11-20T10:00:01+01:00""#, "expires_at": #""2026-11-20T09:00:02Z""#,
        ])
        #expect(draft.content.title == "Hi")
        #expect(draft.content.actionURL == "/orders/1")
        #expect(draft.content.priority == .high)
        #expect(draft.content.data == #"{"a":{},"b":[1]}"#)
        #expect(draft.schedule == seconds(1))
        #expect(draft.expiresAt == seconds(2))
    }

    @Test(arguments: ["low", "normal", "high", "critical"])
    func priorities(name: String) throws {
        #expect(try draft(["priority": "\"\(name)\""]).content.priority.rawValue == name)
    }

    @Test(arguments: ["title", "action_url", "priority", "data", "schedule", "expires_at", "whatever"])
    func nullCountsAsAbsent(name: String) throws {
        // A misspelt member is refused even so.
        #expect(try faults([name: "null"]) == (name == "whatever" ? ["/whatever unknown_member"] : []))
    }

    @Test(arguments: ["user_id", "event_type", "message"])
    func requiredMembers(name: String) throws {
        #expect(try faults([name: nil]) == ["/\(name) required"])
        #expect(try faults([name: "null"]) == ["/\(name) required"])
        #expect(try faults([name: "\"\""]) == ["/\(name) empty"])
    }

    @Test(arguments: ["user_id", "event_type", "message", "title", "action_url", "priority", "schedule", "expires_at"])
    func textsOfAnotherType(name: String) throws {
        for value in ["1", "1.5", "true", "[]", "[\"a\"]", "{}"] {
            #expect(try faults([name: value]) == ["/\(name) wrong_type"])
        }
    }

    @Test(arguments: ["1", "true", "\"{}\"", "[]", "[{}]"])
    func dataOfAnotherType(value: String) throws {
        #expect(try faults(["data": value]) == ["/data wrong_type"])
    }

    @Test(arguments: ["null", "1", "true", "\"x\"", "[]", "[{\"user_id\":\"ann\"}]"])
    func anythingButAnObject(text: String) throws {
        #expect(faults(try json(text)) == [" wrong_type"])
    }

    @Test func unknownMembersAreNamed() throws {
        #expect(
            try faults(["shedule": #""2027-01-01T00:00:00Z""#, "id": "1"])
                == ["/id unknown_member", "/shedule unknown_member"])
        #expect(try faults(["User_ID": "1"]) == ["/User_ID unknown_member"])
    }

    /// RFC 6901 section 3.
    @Test(arguments: [
        ("a/b", "/a~1b"), ("m~n", "/m~0n"), ("~1", "/~01"), ("", "/"), (" ", "/ "), ("/", "/~1"),
        ("/\u{301}", "/~1\u{301}"), ("~\u{301}", "/~0\u{301}"),
    ])
    func pointersAreEscaped(name: String, pointer: String) throws {
        let found = faults(
            .object([
                "user_id": .string("ann"), "event_type": .string("new_message"), "message": .string("Hello"),
                name: .bool(true),
            ]))
        #expect(found.map { Array($0.utf8) } == [Array("\(pointer) unknown_member".utf8)])
    }

    @Test func allFaultsAtOnce() throws {
        #expect(
            try faults([
                "user_id": nil, "event_type": #""nobody_knows""#, "message": "7",
                "title": "\"\(String(repeating: "x", count: 257))\"", "action_url": #""javascript:alert(1)""#,
                "priority": #""urgent""#, "data": "[]", "schedule": #""tomorrow""#,
                "expires_at": #""2020-01-01T00:00:00Z""#, "extra": "1",
            ]) == [
                "/action_url bad_url", "/data wrong_type", "/event_type unknown_event_type", "/expires_at in_the_past",
                "/extra unknown_member", "/message wrong_type", "/priority unknown_priority", "/schedule bad_time",
                "/title too_long", "/user_id required",
            ])
    }

    @Test func everyFaultHasASentence() throws {
        let result = Draft.read(
            .object(["schedule": .string("x"), "x": .null]), types: types, hosts: anyHost, now: now)
        guard case .failure(let faults) = result else {
            Issue.record("it was taken")
            return
        }
        #expect(faults.all.count == 5)
        #expect(faults.all.allSatisfy { !$0.detail.isEmpty })
    }

    @Test func eventTypes() throws {
        #expect(try faults(["event_type": #""old_news""#]) == ["/event_type disabled_event_type"])
        #expect(try faults(["event_type": #""New_Message""#]) == ["/event_type unknown_event_type"])
        #expect(try faults(["event_type": #""new_message ""#]) == ["/event_type unknown_event_type"])
    }

    @Test(arguments: ["urgent", "", "High", "normal "])
    func unknownPriorities(name: String) throws {
        #expect(try faults(["priority": "\"\(name)\""]) == ["/priority unknown_priority"])
    }

    @Test(arguments: ["", "javascript:alert(1)", "//evil.example", "orders"])
    func badURLs(url: String) throws {
        #expect(try faults(["action_url": "\"\(url)\""]) == ["/action_url bad_url"])
    }
}

@Suite struct DraftLimitTests {
    /// One, two, three and four bytes of UTF-8.
    static let characters = ["a", "é", "漢", "😀"]
    static let limits = [("user_id", 128), ("message", 4_096), ("title", 256)]

    @Test(arguments: Self.limits, Self.characters)
    func textsAreMeasuredInBytes(limit: (name: String, bytes: Int), character: String) throws {
        let width = character.utf8.count
        let full =
            String(repeating: character, count: limit.bytes / width)
            + String(repeating: "x", count: limit.bytes % width)
        #expect(full.utf8.count == limit.bytes)
        #expect(try faults([limit.name: "\"\(full)\""]) == [])
        #expect(try faults([limit.name: "\"\(full)x\""]) == ["/\(limit.name) too_long"])
    }

    @Test func theLengthOfActionURLs() throws {
        let longest = "/" + String(repeating: "a", count: 2_047)
        #expect(try draft(["action_url": "\"\(longest)\""]).content.actionURL == longest)
        #expect(try faults(["action_url": "\"\(longest)a\""]) == ["/action_url too_long"])
    }

    @Test func theLengthOfNames() throws {
        let longest = String(repeating: "t", count: 64)
        #expect(try draft(["event_type": "\"\(longest)\""]).content.eventType == longest)
        #expect(try faults(["event_type": "\"\(longest)t\""]) == ["/event_type too_long"])
        #expect(try faults(["priority": "\"\(String(repeating: "p", count: 17))\""]) == ["/priority too_long"])
    }

    /// Blanks between the members do not count, and neither does the way in which a character is escaped.
    @Test(arguments: Self.characters)
    func dataIsMeasuredAsCompactJSON(character: String) throws {
        let width = character.utf8.count
        let room = Draft.Limit.data - #"{"k":""}"#.utf8.count
        let value = String(repeating: character, count: room / width) + String(repeating: "x", count: room % width)
        let data = try #require(try draft(["data": "{ \"k\" :\n\"\(value)\"   }"]).content.data)
        #expect(data.utf8.count == Draft.Limit.data)
        #expect(try faults(["data": "{\"k\":\"\(value)x\"}"]) == ["/data too_long"])
    }

    /// Nobody reads these, so a control character in one is a mistake that its sender should hear of.
    @Test(arguments: ["\\u0007", "\\u0000", "\\u001b", "\\u007f", "\\u0085", "\\u009f", "\\n", "\\t", "\\r"])
    func controlCharacters(escape: String) throws {
        for name in ["user_id", "event_type", "action_url", "priority"] {
            #expect(try faults([name: "\"a\(escape)b\""]) == ["/\(name) control_character"])
        }
    }

    @Test(arguments: ["a", " ", "order-1", "~", String(repeating: "k", count: 255)])
    func goodIdempotencyKeys(key: String) {
        #expect(Draft.fault(inIdempotencyKey: key, at: "/idempotency_key") == nil)
    }

    @Test(arguments: ["", "é", "a\tb", "a\n", "\u{7F}", "\0", String(repeating: "k", count: 256)])
    func badIdempotencyKeys(key: String) {
        let fault = Draft.fault(inIdempotencyKey: key, at: "/idempotency_key")
        #expect(fault?.pointer == "/idempotency_key")
        #expect(fault?.code == .badKey)
    }
}

@Suite struct DraftTimeTests {
    private func faults(schedule: Instant?, expires: Instant?) throws -> [String] {
        try NotificationsTests.faults([
            "schedule": schedule.map { "\"\($0)\"" }, "expires_at": expires.map { "\"\($0)\"" },
        ])
    }

    private static let microsecondAgo = Instant(microseconds: now.microseconds - 1)
    private static let inAMicrosecond = Instant(microseconds: now.microseconds + 1)

    @Test func schedules() throws {
        #expect(try self.faults(schedule: Self.inAMicrosecond, expires: nil) == [])
        #expect(try self.faults(schedule: now, expires: nil) == ["/schedule in_the_past"])
        #expect(try self.faults(schedule: Self.microsecondAgo, expires: nil) == ["/schedule in_the_past"])
        #expect(try self.faults(schedule: Instant(microseconds: writableTimes.upperBound), expires: nil) == [])
    }

    @Test func expiries() throws {
        #expect(try self.faults(schedule: nil, expires: Self.inAMicrosecond) == [])
        #expect(try self.faults(schedule: nil, expires: now) == ["/expires_at in_the_past"])
        #expect(try self.faults(schedule: nil, expires: Self.microsecondAgo) == ["/expires_at in_the_past"])
    }

    @Test func expiriesOfScheduled() throws {
        #expect(try self.faults(schedule: seconds(10), expires: seconds(11)) == [])
        #expect(try self.faults(schedule: seconds(10), expires: seconds(10)) == ["/expires_at before_due"])
        #expect(try self.faults(schedule: seconds(10), expires: seconds(9)) == ["/expires_at before_due"])
        #expect(
            try self.faults(schedule: seconds(-5), expires: seconds(-6))
                == ["/expires_at in_the_past", "/schedule in_the_past"])
        #expect(try self.faults(schedule: seconds(-5), expires: seconds(5)) == ["/schedule in_the_past"])
    }

    @Test(arguments: ["", "tomorrow", "2027-01-01T00:00:00", "2027-01-01", "2027-02-29T00:00:00Z", "1798761600"])
    func badTimes(text: String) throws {
        #expect(try NotificationsTests.faults(["schedule": "\"\(text)\""]) == ["/schedule bad_time"])
        #expect(try NotificationsTests.faults(["expires_at": "\"\(text)\""]) == ["/expires_at bad_time"])
    }

    /// A due time after 9999 in UTC could not be carried on, so it is not accepted either.
    @Test func theEndOfTime() throws {
        #expect(
            try NotificationsTests.faults(["schedule": #""9999-12-31T23:59:59-01:00""#]) == ["/schedule bad_time"])
    }

    @Test func reschedules() throws {
        let result = Draft.readSchedule(try json(#"{"schedule":"2026-11-20T10:00:01+01:00"}"#), now: now)
        #expect(try result.get() == seconds(1))
    }

    @Test(arguments: [
        ("{}", ["/schedule required"]), (#"{"schedule":null}"#, ["/schedule required"]),
        (#"{"schedule":5}"#, ["/schedule wrong_type"]), (#"{"schedule":"soon"}"#, ["/schedule bad_time"]),
        (#"{"schedule":"2026-11-20T09:00:00Z"}"#, ["/schedule in_the_past"]),
        (#"{"schedule":"2030-01-01T00:00:00Z","message":"x"}"#, ["/message unknown_member"]),
        (#"{"message":"x"}"#, ["/message unknown_member", "/schedule required"]),
        ("[]", [" wrong_type"]), (#""2030-01-01T00:00:00Z""#, [" wrong_type"]), ("null", [" wrong_type"]),
    ])
    func badReschedules(text: String, expected: [String]) throws {
        guard case .failure(let faults) = Draft.readSchedule(try json(text), now: now) else {
            Issue.record("it was taken")
            return
        }
        #expect(faults.all.map { "\($0.pointer) \($0.code.rawValue)" }.sorted() == expected)
    }
}
