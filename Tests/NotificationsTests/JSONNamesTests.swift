import FoundationEssentials
import Notifications
import TestSupport
import Testing

@Suite struct JSONNamesTests {
    @Test(
        "a name that an object has twice",
        arguments: [
            (#"{"a":1,"a":2}"#, "a"), (#"{"a":1, "b":2, "a":1}"#, "a"), (#"[{"a":1},{"b":{"c":0,"c":0}}]"#, "c"),
            (#"{"a":{"x":[]},"b":[{"y":1,"y":1}]}"#, "y"), (#"{"":1,"":2}"#, ""), (#"{"a":1,"\u0061":2}"#, "a"),
            (#"{"\"":1,"\u0022":2}"#, "\""), (#"{"😀":1,"\ud83d\ude00":2}"#, "😀"), (#"{"x\\":1,"x\\":2}"#, "x\\"),
            (#"{"\n":1,"\u000a":1}"#, "\n"), (#"{"a\/b":1,"a/b":1}"#, "a/b"),
            (#"{"user_id":"a","us\u0065r_id":"b"}"#, "user_id"),
            // One dictionary key in Swift, and one letter to people.
            ("{\"\u{E9}\":1,\"e\u{301}\":2}", "\u{E9}"),
            (#"{"a":"}","b":"{\"a\":","a":0}"#, "a"),
        ])
    func repeated(_ json: String, _ name: String) throws {
        #expect(JSONNames.repeated(in: Array(json.utf8)) == name)
    }

    @Test(
        "no name twice in one object",
        arguments: [
            "{}", "[]", "1", #""a""#, #"{"a":1,"b":2}"#, #"{"a":{"a":{"a":1}}}"#, #"[{"a":1},{"a":1}]"#,
            #"{"a":"a","b":"a"}"#, #"{"a":["a","a"],"b":["a"]}"#, #"{"a":"\"a\":","b":1}"#, #"{"a":1,"A":2}"#,
            #"{"a":[{},{}],"b":{},"c":[]}"#, #"{"a\\":1,"a":2}"#, #"{"a":{"b":1},"b":{"a":1}}"#,
        ])
    func distinct(_ json: String) throws {
        #expect(JSONNames.repeated(in: Array(json.utf8)) == nil)
    }

    @Test(
        "what is not JSON does no harm",
        arguments: ["", "}", "]],,", "{\"", "{\"\\", "{\"\\u", "{\"\\u12", "\\", ",,{,"])
    func notJSON(_ text: String) {
        _ = JSONNames.repeated(in: Array(text.utf8))
    }

    /// Held against a parser that is asked to keep every member: random objects, with and without a repetition.
    @Test func randomObjects() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            let names = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                String(UnicodeScalar(UInt8(Int.random(in: 97...102, using: &random))))
            }
            let text = "[{\(names.map { "\"\($0)\":{\"\($0)\":[1,\"\($0)\"]}" }.joined(separator: ","))}]"
            let found = JSONNames.repeated(in: Array(text.utf8))
            #expect((found != nil) == (Set(names).count < names.count), "\(text)")
        }
    }

    /// However deep and however many: each byte is taken once, and none is looked at again.
    @Test func eachByteIsTakenOnce() {
        struct Counting: Sequence, IteratorProtocol {
            var bytes: [UInt8].Iterator
            let taken: Taken
            mutating func next() -> UInt8? {
                taken.count += 1
                return self.bytes.next()
            }
        }
        final class Taken { var count = 0 }
        let taken = Taken()
        let object = "{\((0..<2_000).map { "\"\\u006e\($0)\":[{\"a\":1}]" }.joined(separator: ","))}"
        let text = Array((String(repeating: "[", count: 400) + object + String(repeating: "]", count: 400)).utf8)
        #expect(JSONNames.repeated(in: Counting(bytes: text.makeIterator(), taken: taken)) == nil)
        #expect(taken.count == text.count + 1)
    }
}
