import FoundationEssentials
import Notifications
import TestSupport
import Testing

/// The quick reader has no rules of its own: what it reads, Foundation's decoder reads alike.
@Suite struct PlainJSONTests {
    @Test(arguments: [
        #"{"user_id":"u","event_type":"new_message","message":"m","data":{"a":[1,-2,true,false,null,""]}}"#,
        #" { "a" : [ ] , "b" : { } , "c" : "\"\\\/\b\f\n\r\t" } "#, "null", "0", "-1", "999999999999999999",
        "\"é 😀\"", "[[[[]]]]",
    ])
    func readsWhatIsPlain(text: String) throws {
        let plain = try #require(JSONValue.plain(Array(text.utf8), mostValues: 100))
        #expect(try plain == JSONValue(parsing: Data(text.utf8)))
    }

    @Test(arguments: [
        "", " ", "{", "[1", "\"", "01", "-", "-0", "1.0", "1e3", "1000000000000000000", "\"\\u0041\"", "\"\\ud83d\"",
        "tru", "nulll", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{a:1}", "[1 2]", "1 2", "\u{FEFF}1", "\"\u{1}\"",
        "{\"\u{E9}\":1,\"e\u{301}\":2}", String(repeating: "[", count: 100) + String(repeating: "]", count: 100),
    ])
    func leavesTheRestToTheOther(text: String) {
        #expect(JSONValue.plain(Array(text.utf8), mostValues: 1_000) == nil)
    }

    @Test func givesUpBeyondSoManyValues() {
        let text = Array("[1,2,{\"a\":3}]".utf8)
        #expect(JSONValue.plain(text, mostValues: 5) != nil)
        #expect(JSONValue.plain(text, mostValues: 4) == nil)
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func agreesWithFoundation(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var read = 0
        for _ in 0..<250 {
            var bytes = Array(Self.value(depth: 3, &random).utf8)
            for _ in 0..<Int.random(in: 0...2, using: &random) { Self.harm(&bytes, &random) }
            guard let plain = JSONValue.plain(bytes, mostValues: 1_000) else { continue }
            read += 1
            let shown = String(decoding: bytes, as: UTF8.self)
            #expect(try plain == JSONValue(parsing: Data(bytes)), "\(shown)")
            #expect(JSONNames.repeated(in: bytes) == nil && JSONExtent(of: bytes).values <= 1_000, "\(shown)")
        }
        #expect(read >= 20)
    }

    private static let scalars = ["1", "-5", "0", "12.5", "1e2", "true", "false", "null", "-0", "123456789012345678"]
    private static let pieces = [
        "a", "é", "😀", "\\n", "\\\"", "\\\\", "\\/", "\\u00e9", "\\ud83d\\ude00", " ", "<b>", "",
    ]

    private static func value(depth: Int, _ random: inout SeededGenerator) -> String {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 4), using: &random) {
        case 0: self.scalars.randomElement(using: &random) ?? "1"
        case 1..<4: self.string(&random)
        case 4..<6:
            "["
                + (0..<Int.random(in: 0...3, using: &random)).map { _ in self.value(depth: depth - 1, &random) }
                .joined(separator: ",") + "]"
        default:
            "{"
                + (0..<Int.random(in: 0...3, using: &random)).map { _ in
                    self.string(&random) + ":" + self.value(depth: depth - 1, &random)
                }.joined(separator: " ,") + "}"
        }
    }

    private static func string(_ random: inout SeededGenerator) -> String {
        let text = (0..<Int.random(in: 0...3, using: &random)).map { _ in
            self.pieces.randomElement(using: &random) ?? ""
        }
        return "\"" + text.joined() + "\""
    }

    private static func harm(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard let place = bytes.indices.randomElement(using: &random) else { return }
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes.remove(at: place)
        case 1: bytes[place] = Array("{}[],:\"\\0-. \u{1}e".utf8).randomElement(using: &random) ?? 0xFF
        default: bytes.insert(.random(in: .min ... .max, using: &random), at: place)
        }
    }
}
