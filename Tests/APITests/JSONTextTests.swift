import FoundationEssentials
import Notifications
import Testing

@testable import API

@Suite struct JSONTextTests {
    private func text(_ write: (inout JSONText) -> Void) -> String {
        String(decoding: JSONText.bytes(write), as: UTF8.self)
    }

    @Test func valuesAreSeparatedWhereverTheyAre() {
        #expect(self.text { $0.object { _ in } } == "{}")
        #expect(self.text { $0.array([Int]()) { _, _ in } } == "[]")
        #expect(self.text { $0.object { $0.member("a", "") } } == #"{"a":""}"#)
        #expect(self.text { $0.array([0, 1]) { _, text in text.array([Int]()) { _, _ in } } } == "[[],[]]")
        let nested = self.text { text in
            text.object { text in
                text.member("a", json: "1".utf8)
                text.member("b") { text in
                    text.array(["{", "[", ":"]) { value, text in
                        text.object { text in
                            text.member("c", value)
                            text.member("d") { $0.object { _ in } }
                        }
                    }
                }
                text.member("e") { $0.array([0, 1]) { _, text in text.object { _ in } } }
                text.member("f", orNull: String?.none)
                text.member("g", orNull: Instant?.none)
            }
        }
        #expect(
            nested == """
                {"a":1,"b":[{"c":"{","d":{}},{"c":"[","d":{}},{"c":":","d":{}}],"e":[{},{}],"f":null,"g":null}
                """)
    }

    @Test func idsAndTimesAreTextsOfTheirOwn() throws {
        let id = try #require(NotificationID("0192f0c1-2233-7abc-8def-00112233ffee"))
        let time = Instant(microseconds: 1_795_165_200_500_000)
        let text = self.text { text in
            text.object { text in
                text.member("id", id)
                text.member("at", time)
                text.member("or", orNull: time)
            }
        }
        #expect(
            text == """
                {"id":"0192f0c1-2233-7abc-8def-00112233ffee","at":"2026-11-20T09:00:00.500000Z",\
                "or":"2026-11-20T09:00:00.500000Z"}
                """)
    }

    /// Many bytes are looked at in one step: each of them is looked at, wherever it is.
    @Test(arguments: [1, 15, 16, 17, 64, 131])
    func everyCharacterIsEscapedAsByFoundation(length: Int) throws {
        let scalars = (0..<0x80).map { Unicode.Scalar(UInt8($0)) } + ["\u{80}", "\u{E9}", "\u{2028}", "\u{1F514}"]
        for scalar in scalars {
            for place in Set([0, length / 2, length - 1]) {
                var characters = [Unicode.Scalar](repeating: "x", count: length)
                characters[place] = scalar
                var value = ""
                value.unicodeScalars.append(contentsOf: characters)
                let expected = String(decoding: try Answer.json([value]), as: UTF8.self).dropFirst().dropLast()
                #expect(
                    self.text { $0.object { $0.member("a", value) } }.utf8.elementsEqual("{\"a\":\(expected)}".utf8))
            }
        }
    }
}
