import Notifications
import TestSupport
import Testing

@Suite struct StateTests {
    static let all: [(State, String, isFinal: Bool)] = [
        (.accepted, "accepted", false), (.scheduled, "scheduled", false), (.claimed, "claimed", false),
        (.delivered, "delivered", true), (.read, "read", true), (.cancelled, "cancelled", true),
        (.recalled, "recalled", true), (.expired, "expired", true), (.deadLettered, "dead-lettered", true),
        (.suppressed(reason: "preference"), "suppressed:preference", true),
        (.suppressed(reason: "rate-limit"), "suppressed:rate-limit", true),
    ]

    @Test(arguments: Self.all)
    func isWrittenAndReadBack(state: State, text: String, isFinal: Bool) {
        #expect(state.description == text)
        #expect(State(text) == state)
        #expect(state.isFinal == isFinal)
    }

    @Test(arguments: [
        "", "Accepted", "suppressed", "suppressed:", "dead_lettered", "read ", "gone", "suppressed:a:b",
        "suppressed:A", "suppressed:a b", "suppressed:1", "suppressed:é", "suppressed:a\0",
    ])
    func refuses(text: String) {
        #expect(State(text) == nil)
    }
}

@Suite struct TraceContextTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00f067aa0ba902b7"

    @Test(arguments: ["00", "01", "ff"])
    func readsAndWrites(flags: String) throws {
        let text = "00-\(Self.trace)-\(Self.parent)-\(flags)"
        let context = try #require(TraceContext(text))
        #expect(context.traceID == Self.trace)
        #expect(context.parentID == Self.parent)
        #expect(context.flags == flags)
        #expect(context.description == text)
    }

    @Test func aLaterVersionMayHaveMore() throws {
        let context = try #require(TraceContext("cc-\(Self.trace)-\(Self.parent)-01-what-the-future-will-be-like"))
        #expect(context.description == "00-\(Self.trace)-\(Self.parent)-01")
    }

    @Test(arguments: [
        "", "-", "---", "00-\(trace)-\(parent)", "ff-\(trace)-\(parent)-01", "00-\(trace)-\(parent)-01-more",
        "00-\(trace)-\(parent)-01-", "00-\(trace)-\(parent)-1", "0-\(trace)-\(parent)-01",
        "00-\(trace.uppercased())-\(parent)-01", "00-\(trace.dropLast())-\(parent)-01", "00-\(trace)0-\(parent)-01",
        "00-\(trace)-\(parent.dropLast())-01", "00-00000000000000000000000000000000-\(parent)-01",
        "00-\(trace)-0000000000000000-01", "00-\(trace.dropLast())g-\(parent)-01", " 00-\(trace)-\(parent)-01",
        "00_\(trace)_\(parent)_01", "cc-\(trace)-\(parent)-01.more", "gg-\(trace)-\(parent)-01",
    ])
    func refuses(header: String) {
        #expect(TraceContext(header) == nil)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func newOnesAreGood(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let context = TraceContext(using: &random)
        #expect(TraceContext(context.description) == context)
    }
}

@Suite struct EventTypeTests {
    @Test(arguments: [
        "a", "new_message", "status_change", "system_alert", "a.b-c_9", String(repeating: "z", count: 64),
    ])
    func goodNames(name: String) {
        #expect(EventType.isValidName(name))
    }

    @Test(arguments: [
        "", "A", "newMessage", "9lives", "_a", ".a", "-a", "a b", "a/b", "a\0", "é", "aé", "a\n", "a\u{301}",
        String(repeating: "z", count: 65),
    ])
    func badNames(name: String) {
        #expect(!EventType.isValidName(name))
    }
}
