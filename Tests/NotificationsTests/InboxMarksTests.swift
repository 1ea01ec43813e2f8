import FoundationEssentials
import Notifications
import Testing

@Suite struct InboxMarksTests {
    private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Data(text.utf8)) }

    private func faults<Value>(_ result: Result<Value, Faults>) -> [String] {
        if case .failure(let faults) = result { faults.all.map { "\($0.pointer) \($0.code.rawValue)" } } else { [] }
    }

    @Test(arguments: [
        (#"{"read":true}"#, InboxMarks(read: true)), (#"{"read":false}"#, InboxMarks(read: false)),
        (#"{"seen":true}"#, InboxMarks(seen: true)), (#"{"archived":true}"#, InboxMarks(archived: true)),
        (#"{"archived":false,"read":null}"#, InboxMarks(archived: false)),
        (#"{"read":false,"seen":true,"archived":true}"#, InboxMarks(read: false, seen: true, archived: true)),
    ])
    func marksAreRead(_ text: String, _ marks: InboxMarks) throws {
        #expect(try InboxMarks.read(self.json(text)).get() == marks)
    }

    @Test(arguments: [
        ("{}", [" required"]), ("null", [" wrong_type"]), ("[]", [" wrong_type"]), (#""read""#, [" wrong_type"]),
        (#"{"read":null}"#, [" required"]), (#"{"read":1}"#, ["/read wrong_type"]),
        (#"{"read":"true"}"#, ["/read wrong_type"]), (#"{"seen":false}"#, ["/seen wrong_type"]),
        (#"{"seen":"x","archived":0,"read":[]}"#, ["/read wrong_type", "/seen wrong_type", "/archived wrong_type"]),
        (#"{"read":true,"user_id":"x"}"#, ["/user_id unknown_member"]),
    ])
    func whatIsWrongIsNamed(_ text: String, _ expected: [String]) throws {
        #expect(self.faults(InboxMarks.read(try self.json(text))) == expected)
    }

    @Test func whatWouldChange() {
        let notification = sample()
        var item = InboxItem(
            id: notification.id, content: notification.content, dueAt: now, isScheduled: false, deliveredAt: now, seq: 1
        )
        #expect(InboxMarks(read: true).wouldChange(item) && InboxMarks(seen: true).wouldChange(item))
        #expect(InboxMarks(archived: true).wouldChange(item))
        #expect(!InboxMarks(read: false, archived: false).wouldChange(item))
        #expect(!InboxMarks().wouldChange(item))
        item.readAt = now
        #expect(InboxMarks(read: true).wouldChange(item), "read before seeing was stored: it is not seen yet")
        item.seenAt = now
        item.archivedAt = now
        #expect(!InboxMarks(read: true, seen: true, archived: true).wouldChange(item))
        #expect(InboxMarks(read: false).wouldChange(item) && InboxMarks(archived: false).wouldChange(item))
    }

    @Test(arguments: [
        (#"{"up_to":0}"#, Int64(0)), (#"{"up_to":42}"#, 42), (#"{"up_to":9223372036854775807}"#, .max),
    ])
    func aNumberIsRead(_ text: String, _ seq: Int64) throws {
        #expect(try MarkLimit.read(self.json(text)).get() == seq)
    }

    @Test(arguments: [
        ("{}", ["/up_to required"]), ("7", [" wrong_type"]), ("[7]", [" wrong_type"]),
        (#"{"up_to":null}"#, ["/up_to required"]), (#"{"up_to":-1}"#, ["/up_to wrong_type"]),
        (#"{"up_to":"7"}"#, ["/up_to wrong_type"]), (#"{"up_to":1.5}"#, ["/up_to wrong_type"]),
        (#"{"up_to":9223372036854775808}"#, ["/up_to wrong_type"]), (#"{"up_to":true}"#, ["/up_to wrong_type"]),
        (#"{"up_to":1,"all":true}"#, ["/all unknown_member"]),
    ])
    func aNumberThatIsNoneIsNamed(_ text: String, _ expected: [String]) throws {
        #expect(self.faults(MarkLimit.read(try self.json(text))) == expected)
    }
}

@Suite struct PreferenceTests {
    private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Data(text.utf8)) }

    private static let types = [
        EventType(name: "breach", label: "Breach", isCritical: true),
        EventType(name: "digest", label: "Digest", isOnByDefault: false),
        EventType(name: "new_message", label: "New message"),
        EventType(name: "old", label: "Old", isDisabled: true),
    ]

    private static func preferences(_ chosen: [String: Bool] = [:]) -> [Preference] {
        Self.types.map { Preference(type: $0, chosen: chosen[$0.name]) }
    }

    private static func changes(_ changes: KeyValuePairs<String, Bool>) -> PreferenceChanges {
        PreferenceChanges(changes.map { PreferenceChanges.Change(eventType: $0.key, isEnabled: $0.value) })
    }

    @Test func choiceComesBeforeDefaultAndCriticalBeforeBoth() {
        #expect(Self.preferences().map(\.isEnabled) == [true, false, true, true])
        let chosen = Self.preferences(["breach": false, "digest": true, "new_message": false])
        #expect(chosen.map(\.isEnabled) == [true, true, false, true])
    }

    @Test func aBodyIsRead() throws {
        let text = """
            {"preferences":[{"event_type":"b","enabled":true,"label":7,"default":null,"critical":"x"},
            {"event_type":"a","enabled":false}]}
            """
        #expect(try PreferenceChanges.read(self.json(text)).get() == Self.changes(["b": true, "a": false]))
        #expect(try PreferenceChanges.read(self.json(#"{"preferences":[]}"#)).get().all.isEmpty)
    }

    @Test(arguments: [
        ("{}", ["/preferences required"]), ("[]", [" wrong_type"]),
        (#"{"preferences":{}}"#, ["/preferences wrong_type"]),
        (#"{"preferences":null}"#, ["/preferences required"]),
        (#"{"preferences":[],"x":1}"#, ["/x unknown_member"]),
        (
            #"{"preferences":[7,{}]}"#,
            ["/preferences/0 wrong_type", "/preferences/1/event_type required", "/preferences/1/enabled required"]
        ),
        (#"{"preferences":[{"event_type":"a","enabled":1}]}"#, ["/preferences/0/enabled wrong_type"]),
        (#"{"preferences":[{"event_type":"a","enabled":"true"}]}"#, ["/preferences/0/enabled wrong_type"]),
        (#"{"preferences":[{"event_type":7,"enabled":true}]}"#, ["/preferences/0/event_type wrong_type"]),
        (#"{"preferences":[{"event_type":"","enabled":true}]}"#, ["/preferences/0/event_type empty"]),
        (
            #"{"preferences":[{"event_type":"a\u0000","enabled":true}]}"#,
            ["/preferences/0/event_type control_character"]
        ),
        (
            #"{"preferences":[{"event_type":"a","enabled":true,"user_id":"x"}]}"#,
            ["/preferences/0/user_id unknown_member"]
        ),
        (
            #"{"preferences":[{"event_type":"a","enabled":true},{"event_type":"a","enabled":true}]}"#,
            ["/preferences/1/event_type duplicate"]
        ),
    ])
    func whatIsWrongIsNamed(_ text: String, _ expected: [String]) throws {
        guard case .failure(let faults) = PreferenceChanges.read(try self.json(text)) else {
            Issue.record("it was taken")
            return
        }
        #expect(faults.all.map { "\($0.pointer) \($0.code.rawValue)" } == expected)
    }

    @Test func onlyWhatDiffersFromWhatHoldsIsAChoice() throws {
        var preferences = Self.preferences(["digest": true])
        let all = Self.changes(["breach": true, "digest": false, "new_message": true])
        #expect(try all.decide(&preferences) == Self.changes(["digest": false]).all)
        #expect(preferences == Self.preferences(["digest": false]))
        #expect(try all.decide(&preferences).isEmpty)
    }

    @Test func whatIsNotPossibleIsNamed() {
        var preferences = Self.preferences()
        let faults = #expect(throws: Faults.self) {
            try Self.changes(["new_message": false, "breach": false, "nothing": true, "old": false])
                .decide(&preferences)
        }
        #expect(
            faults?.all.map { "\($0.pointer) \($0.code.rawValue)" } == [
                "/preferences/1/enabled critical_event_type", "/preferences/2/event_type unknown_event_type",
                "/preferences/3/event_type disabled_event_type",
            ])
    }
}
