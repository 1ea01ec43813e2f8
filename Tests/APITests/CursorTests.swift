import FoundationEssentials
import Notifications
import Store
import Testing

@testable import API

@Suite struct InboxCursorTests {
    @Test(arguments: [0, 1, 100, 1_000_000, Int64.max])
    func isReadBack(seq: Int64) {
        let text = InboxCursor.text(seq)
        #expect(InboxCursor.seq(text) == seq)
        // It stands in a URL as it is.
        #expect(text.utf8.allSatisfy { isUnreserved($0) })
    }

    @Test(arguments: ["", "!", "7", "====", "bm90IGEgbnVtYmVy", "MTIuNQ", "_w", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "é"])
    func refuses(text: String) {
        #expect(InboxCursor.seq(text) == nil)
    }
}

@Suite struct CursorTests {
    private static let id = NotificationID(uuid: UUID(bytes: (1...16).map { $0 }))

    private func encoded(_ text: String) -> String { Data(text.utf8).base64URL }

    @Test(arguments: [0, 1, 1_795_165_200_123_000, 253_402_300_799_999_999] as [Int64])
    func isReadBack(microseconds: Int64) {
        let place = ListSent.Place(acceptedAt: Instant(microseconds: microseconds), id: Self.id)
        let text = Cursor.text(place)
        #expect(Cursor.place(text) == place)
        #expect(text.utf8.allSatisfy { isUnreserved($0) })
    }

    @Test(arguments: [
        "", ".", "1", "1.", ".\(id)", "x.\(id)", "1.x", "1.\(id).2", "-1.\(id)", "1 .\(id)", "1,\(id)",
        "253402300800000000.\(id)", "9223372036854775807.\(id)", "9223372036854775808.\(id)", "1.\(id)0",
    ])
    func refusesWhatWasNotWritten(text: String) {
        #expect(Cursor.place(self.encoded(text)) == nil)
    }

    @Test(arguments: ["!", "a", "é", "////", "MQ==", "_w", " "])
    func refusesWhatIsNotEncoded(text: String) {
        #expect(Cursor.place(text) == nil)
    }
}

@Suite struct Base64URLTests {
    @Test(arguments: 0..<70)
    func isReadBack(count: Int) {
        let data = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 251 &+ 3) })
        #expect(Data(base64URL: data.base64URL) == data)
        #expect(data.base64URL.utf8.allSatisfy { isUnreserved($0) })
    }
}

/// RFC 3986 section 2.3.
private func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: "-._~".utf8.contains(byte)
    }
}
