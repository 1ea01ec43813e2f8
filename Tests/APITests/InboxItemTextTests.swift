import FoundationEssentials
import Notifications
import TestSupport
import Testing

@testable import API

@Suite struct InboxItemTextTests {
    /// Byte for byte what pages were before they were written by hand.
    @Test(arguments: 0..<50 as Range<UInt64>)
    func isWhatFoundationWrites(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let items = try (0..<20).map { _ in try Self.item(&random) }
        #expect(
            String(decoding: InboxItemText.json(items), as: UTF8.self)
                == String(decoding: try Answer.json(items.map(InboxItemView.init)), as: UTF8.self))
    }

    @Test func anEmptyPage() {
        #expect(InboxItemText.json([]) == Array("[]".utf8))
    }

    /// As only somebody else than the API can have written it.
    @Test(arguments: ["{", "", "nonsense", "{\"a\":1}}", "{\"a\":}", "\u{0}"])
    func dataThatIsNoJSONIsLeftOut(data: String) throws {
        var random = SeededGenerator(seed: 1)
        var item = try Self.item(&random)
        item.content.data = data
        let text = String(decoding: JSONText.bytes { InboxItemText.write(item, to: &$0) }, as: UTF8.self)
        #expect(!text.contains("\"data\""))
        #expect(text == String(decoding: try Answer.json(InboxItemView(item)), as: UTF8.self))
    }

    static func item(_ random: inout SeededGenerator) throws -> InboxItem {
        let notification = try AcceptedTextTests.notification(&random)
        func mark() -> Instant? {
            Bool.random(using: &random)
                ? nil : Instant(microseconds: .random(in: 1...2_000_000_000_000_000, using: &random))
        }
        return InboxItem(
            id: notification.id, content: notification.content, dueAt: notification.dueAt,
            isScheduled: notification.isScheduled,
            deliveredAt: Instant(microseconds: .random(in: 1...2_000_000_000_000_000, using: &random)),
            seq: .random(in: 1...Int64.max, using: &random), readAt: mark(), seenAt: mark(), archivedAt: mark())
    }
}
