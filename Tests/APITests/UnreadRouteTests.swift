import Notifications
import Testing

@testable import API

@Suite struct IfNoneMatchTests {
    @Test(arguments: [
        "\"7\"", "W/\"7\"", "*", " \"7\" ", "\"6\", \"7\"", "\"6\",\"7\",\"8\"", "W/\"6\", W/\"7\"", "\"7\",",
        ",,\"7\"",
        "\t\"7\"",
    ])
    func matches(header: String) {
        #expect(InboxAnswers.matches(header, "\"7\""))
    }

    @Test(arguments: [
        "", "7", "\"77\"", "\"6\"", "\"7", "7\"", "w/\"7\"", "W/7", "\"7\"x", "\"\"", "\"6\", \"8\"", "**", "\"07\"",
        "'7'",
    ])
    func doesNot(header: String) {
        #expect(!InboxAnswers.matches(header, "\"7\""))
    }
}

@Suite struct ETagTests {
    /// The first and the last microsecond of a day.
    private static let morning = Instant(microseconds: 20_000 * 86_400_000_000)
    private static let evening = Instant(microseconds: 20_001 * 86_400_000_000 - 1)

    /// A browser that changes hands must not take one person's page for another's.
    @Test func isOfOneVersionAndOneUser() {
        let tags = ["ann", "bob", "\u{E9}", "e\u{301}", ""].flatMap { user in
            [0, 1, 10, Int64.max].map { InboxAnswers.etag($0, of: Person(user), at: Self.morning) }
        }
        #expect(Set(tags).count == tags.count)
        #expect(
            InboxAnswers.etag(7, of: Person("ann"), at: Self.morning)
                == InboxAnswers.etag(7, of: Person("ann"), at: Self.evening))
    }

    /// What retention takes away raises no version.
    @Test func isOfOneDay() {
        let next = Instant(microseconds: Self.evening.microseconds + 1)
        #expect(
            InboxAnswers.etag(7, of: Person("ann"), at: Self.evening)
                != InboxAnswers.etag(7, of: Person("ann"), at: next))
    }

    /// RFC 9110 section 8.8.3: in quotes, and nothing in it that would end it or split a list of them.
    @Test(arguments: 0..<200 as Range<Int64>)
    func isWellFormed(version: Int64) {
        let tag = InboxAnswers.etag(version, of: Person("user \(version)"), at: Self.morning)
        #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""))
        #expect(tag.dropFirst().dropLast().utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x2C })
        #expect(InboxAnswers.matches("\"x\", W/\(tag)", tag))
    }
}
