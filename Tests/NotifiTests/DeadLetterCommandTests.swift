import ArgumentParser
import Foundation
import Notifications
import Store
import Testing

@testable import Notifi

@Suite struct DeadLetterCommandTests {
    @Test(arguments: [
        "list --limit 0", "list --limit 10001", "list --limit x", "list --state lost", "list --id 12",
        "list --since soon",
        "list --since -1s", "list --older-than 400d", "list --reason=", "list --topic=", "list --user=",
        "list --service=",
        "list surplus", "show", "show a/b/c", "show a/1/2 a/1/3", "show a/1/2@noon", "show a/1/-2", "replay",
        "replay a/1",
        "replay a/1/2 --all", "replay a/1/2 --user u", "replay --all --reason x", "replay --reason=", "replay --user=",
        "replay --since 0s", "replay a/1/2@", "discard", "discard --yes", "discard --all --user u",
        "discard a/1/2 --all",
        "discard --reason=", "discard --id x", "discard a/1/99999999999999999999", "discard --al",
    ])
    func badInputIsRefused(line: String) {
        #expect(throws: (any Error).self) { try NotifiCommand.parseAsRoot(["dead-letters"] + Self.words(line)) }
    }

    @Test(arguments: [
        "list", "list --state all --user u --reason x --since 12h --older-than 1h --json --limit 10000",
        "show notifi.requests/0/7", "show notifi.requests/0/7@2026-11-20T09:00:00Z --json",
        "replay notifi.requests/0/7 notifi.requests/0/8", "replay --all", "replay --topic t --service s",
        "discard --reason 22021", "discard --older-than 30d --yes", "discard --all", "discard a/b/1/2",
    ])
    func goodInputIsTaken(line: String) throws {
        _ = try NotifiCommand.parseAsRoot(["dead-letters"] + Self.words(line))
    }

    private static func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

    @Test(arguments: ["a.b/1/2", "a/b/1/2", "a@b/1/2", "a/1/2@2026-11-20T09:00:00.123000Z"])
    func aNameIsReadAsItIsWritten(_ text: String) throws {
        #expect(try DeadLetterName.read(text).description == text)
    }

    @Test func theTimeBelongsToTheName() throws {
        #expect(
            try DeadLetterName.read("a/1/2@2026-11-20T10:00:00+01:00").recordAt
                == Instant(rfc3339: "2026-11-20T09:00:00Z"))
        #expect(try DeadLetterName.read("a/1/2").recordAt == nil)
    }

    private static let hostile: [(String, String)] = [
        ("\u{1B}[2J\u{7}", "\\u{1B}[2J\\u{7}"), ("a\nb\rc\td", "a\\u{A}b\\u{D}c\\u{9}d"),
        ("\u{9B}31m", "\\u{9B}31m"), ("\u{202E}txt", "\\u{202E}txt"), ("\u{2028}", "\\u{2028}"),
        ("\u{200B}", "\\u{200B}"), ("\u{7F}\0", "\\u{7F}\\u{0}"), ("\u{E0041}", "\\u{E0041}"),
        ("Grüße, 世界 👋 1/2", "Grüße, 世界 👋 1/2"),
    ]

    /// A reason, a user or a topic is anybody's text, and a terminal obeys what it reads.
    @Test(arguments: Self.hostile)
    func nothingIsObeyed(text: String, shown: String) throws {
        #expect(text.printable == shown)
        #expect(Table.text(["A"], [[text]]) == "A\n\(shown)")
        let data = try JSONEncoder().encode([text])
        let json = String(decoding: data, as: UTF8.self).printableJSON
        #expect(json.printable == json)
        #expect(try JSONDecoder().decode([String].self, from: Data(json.utf8)) == [text])
    }

    @Test func aTallyTellsWhatWasNotDone() {
        #expect(DeadLetterTally.text(.replayed, count: 3, of: 3, areMore: false) == "replayed 3")
        let text = DeadLetterTally.text(.discarded, count: 1, of: 3, areMore: true)
        #expect(text.hasPrefix("discarded 1; 2 were settled by somebody else") && text.hasSuffix("call it again"))
    }
}
