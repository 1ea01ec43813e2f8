import FoundationEssentials
import Notifications
import TestSupport
import Testing

@Suite struct JSONValueTests {
    @Test(
        arguments: [
            ("null", .null), (" true ", .bool(true)), ("false", .bool(false)), ("0", .integer(0)), ("-7", .integer(-7)),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)), ("1.5", .number(1.5)),
            ("1e-3", .number(0.001)), ("9223372036854775808", .number(9_223_372_036_854_775_808)),
            (#""""#, .string("")),
            (#""\u00e9\n\ud83d\ude00""#, .string("é\n😀")), ("[]", .array([])), ("{}", .object([:])),
            (
                #"{"a":[1,{"b":null}],"":"x"}"#,
                .object(["a": .array([.integer(1), .object(["b": .null])]), "": .string("x")])
            ),
        ] as [(String, JSONValue)])
    func reads(text: String, value: JSONValue) throws {
        #expect(try json(text) == value)
    }

    /// Numbers must not become yes or no, nor the other way round.
    @Test func zeroAndOneStayNumbers() throws {
        #expect(try json("[0,1,false,true]") == .array([.integer(0), .integer(1), .bool(false), .bool(true)]))
    }

    @Test(arguments: [
        "", " ", "{", "}", "[,1]", "{\"a\"}", "{\"a\":}", "{a:1}", "'a'", "nul", "True", "01", "+1", "1.", ".5", "NaN",
        "Infinity", "1 2", "{} {}", "\"\u{1}\"", "\"\\x\"", "\"\\ud83d\"", "[1", "\"", "// x", "1e999",
    ])
    func refuses(text: String) {
        #expect(throws: (any Error).self) { try json(text) }
    }

    @Test(arguments: [[0xFF], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x00]] as [[UInt8]])
    func refusesBytesThatAreNotUTF8(bytes: [UInt8]) {
        #expect(throws: (any Error).self) { try JSONValue(parsing: Data(bytes)) }
    }

    @Test func deepNestingIsRefusedAndNotCrashedUpon() throws {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            let deep = String(repeating: open, count: 5_000) + "1" + String(repeating: close, count: 5_000)
            #expect(throws: (any Error).self) { try json(deep) }
            let shallow = String(repeating: open, count: 100) + "1" + String(repeating: close, count: 100)
            #expect(try json(shallow).canonicalText() == shallow)
        }
    }

    @Test func canonicalTextIsCompactAndSorted() throws {
        let value = try json(#"{ "b" : [ 1 , 2.5 , "a/b" ] , "a" : { "z" : null , "y" : true } , "é" : "\u0001" }"#)
        #expect(try value.canonicalText() == #"{"a":{"y":true,"z":null},"b":[1,2.5,"a/b"],"é":"\u0001"}"#)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func whatIsWrittenIsReadBack(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let value = JSONValue.random(depth: 4, using: &random)
        let text = try value.canonicalText()
        #expect(try json(text) == value)
        #expect(try json(text).canonicalText() == text)
    }

    /// Whatever the bytes, there is a value or an error.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func noBytesCrash(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            var bytes = Array(try JSONValue.random(depth: 3, using: &random).canonicalText().utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: bytes.indices, using: &random)
                bytes[place] = .random(in: .min ... .max, using: &random)
            }
            if let value = try? JSONValue(parsing: Data(bytes)) {
                #expect(try json(value.canonicalText()) == value)
            }
        }
    }
}

extension JSONValue {
    fileprivate static func random(depth: Int, using random: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 6 : 4), using: &random) {
        case 0: .null
        case 1: .bool(.random(using: &random))
        case 2: .integer(.random(in: .min ... .max, using: &random))
        // Half-way between two integers, so that it stays a number.
        case 3: .number(Double(Int32.random(in: .min ... .max, using: &random)) + 0.5)
        case 4: .string(self.text(using: &random))
        case 5:
            .array(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in .random(depth: depth - 1, using: &random) })
        default:
            .object(
                Dictionary(
                    (0..<Int.random(in: 0...4, using: &random)).map { _ in
                        (self.text(using: &random), .random(depth: depth - 1, using: &random))
                    }
                ) { first, _ in first })
        }
    }

    private static func text(using random: inout SeededGenerator) -> String {
        let scalars = Array("aZ0/\\\"\n\t\u{0}\u{1F}é漢😀\u{2028}~ ".unicodeScalars)
        return (0..<Int.random(in: 0...8, using: &random)).reduce(into: "") { text, _ in
            text.unicodeScalars.append(scalars[Int.random(in: scalars.indices, using: &random)])
        }
    }
}
