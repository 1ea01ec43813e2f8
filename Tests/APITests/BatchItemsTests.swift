import FoundationEssentials
import HTTPTypes
import Notifications
import Testing

@testable import API

@Suite struct BatchItemsTests {
    private typealias Item = Result<Accepting.Item, Problem>

    /// What came of an item: its key and its members, or its problem's code and pointers.
    private func shown(_ item: Item) throws -> String {
        switch item {
        case .success(let item): "\(item.key ?? "-") \(try item.json.canonicalText())"
        case .failure(let problem):
            ([problem.code] + problem.faults.map { "\($0.pointer) \($0.code.rawValue)" }).joined(separator: " ")
        }
    }

    private func array(_ text: String) throws -> [String] {
        try SendBatchRoute.items(array: Data(text.utf8)).map(self.shown)
    }

    private func lines(_ text: String) throws -> [String] {
        try SendBatchRoute.items(lines: Data(text.utf8)).map(self.shown)
    }

    @Test func anArray() throws {
        #expect(try self.array("[]") == [])
        #expect(
            try self.array(#"[{"a":1},{"idempotency_key":"k","a":2},{"idempotency_key":null,"a":3}]"#)
                == [#"- {"a":1}"#, #"k {"a":2}"#, #"- {"a":3}"#])
    }

    /// Each stands for itself; what is no notification is found when it is checked.
    @Test func faultyItemsOfAnArray() throws {
        #expect(
            try self.array(#"[1,{"idempotency_key":7},[],null,{"idempotency_key":["k"]},{"idempotency_key":""}]"#)
                == [
                    "- 1", "validation_failed /idempotency_key wrong_type", "- []", "- null",
                    "validation_failed /idempotency_key wrong_type", " {}",
                ])
    }

    @Test(arguments: ["{}", "1", "null", "\"[]\"", "{\"items\":[]}"])
    func notAnArray(text: String) throws {
        let problem = try #require(throws: Problem.self) { try self.array(text) }
        #expect(problem.status == .unprocessableContent)
        #expect(problem.faults.map(\.code) == [.wrongType])
    }

    @Test(arguments: ["", " ", "[", "[{}", "{}{}", "{\"a\":1}\n{\"a\":2}"])
    func notJSON(text: String) throws {
        let problem = try #require(throws: Problem.self) { try self.array(text) }
        #expect(problem.status == .badRequest)
        #expect(problem.code == "invalid_json")
    }

    @Test func linesOfJSON() throws {
        #expect(try self.lines("") == [])
        #expect(try self.lines("\n \n\r\n") == [])
        let expected = [#"- {"a":1}"#, #"k {"a":2}"#]
        for text in [
            "{\"a\":1}\n{\"a\":2,\"idempotency_key\":\"k\"}", "{\"a\":1}\n{\"a\":2,\"idempotency_key\":\"k\"}\n",
            "\r\n{\"a\":1}\r\n\r\n  {\"a\":2,\"idempotency_key\":\"k\"}  \r\n",
        ] {
            #expect(try self.lines(text) == expected)
        }
    }

    /// A bad line keeps its place, so that answers and lines go together.
    @Test func badLinesKeepTheirPlace() throws {
        #expect(
            try self.lines("{\"a\":1}\n{\"a\":\nnonsense\n{} {}\n{\"idempotency_key\":1}\n{\"a\":2}")
                == [
                    #"- {"a":1}"#, "invalid_json", "invalid_json", "invalid_json",
                    "validation_failed /idempotency_key wrong_type", #"- {"a":2}"#,
                ])
    }

    @Test func linesThatAreNotText() throws {
        let items = try SendBatchRoute.items(lines: Data([0xFF, 0xFE, 0x0A, 0x7B, 0x7D]))
        #expect(try items.map(self.shown) == ["invalid_json", "- {}"])
    }
}
