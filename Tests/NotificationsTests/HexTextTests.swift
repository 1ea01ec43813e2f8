import FoundationEssentials
import Notifications
import Testing

@Suite struct HexTextTests {
    /// Every digit in both halves of a byte.
    private static let uuids = [
        UUID(bytes: (0..<16).map { UInt8($0) * 17 }), UUID(bytes: (0..<16).map { UInt8($0) << 4 | (15 - UInt8($0)) }),
    ]

    @Test(arguments: Self.uuids)
    func aUUIDIsWrittenInLowerCase(uuid: UUID) {
        #expect(uuid.lowercasedText == uuid.uuidString.lowercased())
        // Behind what is there already.
        var bytes = Array("of ".utf8)
        bytes.appendText(of: uuid)
        #expect(String(decoding: bytes, as: UTF8.self) == "of \(uuid.uuidString.lowercased())")
    }

    @Test(arguments: 0..<36)
    func whetherATextIsAUUIDsForm(place: Int) {
        for uuid in Self.uuids {
            var text = Array(uuid.uuidString.lowercased().utf8)
            #expect(uuid.isSpelled(by: text))
            text[place] ^= 1
            #expect(!uuid.isSpelled(by: text))
            #expect(!uuid.isSpelled(by: Array(text.dropLast())))
        }
        #expect(!Self.uuids[0].isSpelled(by: Array(Self.uuids[0].uuidString.utf8)), "upper case")
        #expect(!Self.uuids[0].isSpelled(by: []))
    }
}
