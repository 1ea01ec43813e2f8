import Hummingbird
import HummingbirdCore
import Notifications
import Store
import Testing

@testable import API

@Suite struct InboxQueryTests {
    private func read(_ query: String) throws -> InboxPage.Query {
        try InboxRoute.query(URI("/api/inbox\(query)")) { $0 == "new_message" }
    }

    @Test func withoutParametersItIsTheNewestThatIsNotArchived() throws {
        #expect(try self.read("") == InboxPage.Query(limit: 20))
    }

    @Test(arguments: InboxPage.Filter.allCases)
    func everyStateIsRead(_ filter: InboxPage.Filter) throws {
        #expect(try self.read("?state=\(filter.rawValue)").filter == filter)
    }

    @Test func allTogether() throws {
        let cursor = InboxCursor.text(17)
        #expect(
            try self.read("?state=all&event_type=new_message&limit=100&cursor=\(cursor)&other=1")
                == InboxPage.Query(filter: .all, eventType: "new_message", before: 17, limit: 100))
    }

    @Test(arguments: [
        ("?state=", ["?state"]), ("?state=Unread", ["?state"]), ("?state=unread,read", ["?state"]),
        ("?event_type=", ["?event_type"]), ("?event_type=nothing", ["?event_type"]),
        ("?event_type=new_message%00", ["?event_type"]), ("?limit=0", ["?limit"]), ("?limit=101", ["?limit"]),
        ("?limit=x", ["?limit"]), ("?limit=", ["?limit"]), ("?limit=1.5", ["?limit"]), ("?cursor=", ["?cursor"]),
        ("?cursor=17", ["?cursor"]),
        (
            "?state=x&event_type=x&cursor=x&limit=x",
            ["?state", "?event_type", "?cursor", "?limit"]
        ),
    ])
    func everyFaultIsNamed(_ query: String, _ pointers: [String]) throws {
        let problem = try #require(throws: Problem.self) { try self.read(query) }
        #expect(problem.status == .unprocessableContent)
        #expect(problem.faults.map(\.pointer) == pointers)
        #expect(problem.faults.allSatisfy { $0.code == .wrongType })
    }
}
