import FoundationEssentials
import HTTPTypes
import HummingbirdCore
import Notifications
import Store
import Testing

@testable import API

@Suite struct ListQueryTests {
    private static let place = ListSent.Place(
        acceptedAt: Instant(microseconds: 1_795_165_200_123_000),
        id: NotificationID(uuid: UUID(bytes: (1...16).map { $0 })))

    private func query(_ parameters: String) throws -> ListSent.Query {
        try ListRoute.query(URI("/api/notifications\(parameters)"))
    }

    /// The pointers of what is wrong.
    private func faults(_ parameters: String) throws -> [String] {
        let problem = try #require(throws: Problem.self) { try self.query(parameters) }
        #expect(problem.status == .unprocessableContent)
        #expect(problem.code == "validation_failed")
        return problem.faults.map(\.pointer).sorted()
    }

    @Test(arguments: ["", "?", "?unknown=1", "?deleted=false"])
    func defaults(parameters: String) throws {
        #expect(
            try self.query(parameters)
                == ListSent.Query(after: nil, user: nil, status: nil, withDeleted: false, limit: 20, offset: 0))
    }

    @Test func everything() throws {
        let cursor = Cursor.text(Self.place)
        #expect(
            try self.query("?limit=100&cursor=\(cursor)&status=delivered&deleted=true&user_id=ann%20b%C3%A9")
                == ListSent.Query(
                    after: Self.place, user: "ann bé", status: "delivered", withDeleted: true, limit: 100, offset: 0))
        #expect(try self.query("?limit=1&offset=10000").offset == 10_000)
        #expect(try self.query("?offset=0").offset == 0)
    }

    @Test(arguments: ["scheduled", "delivered", "read", "expired", "dead-lettered", "suppressed:preference"])
    func statuses(status: String) throws {
        let query = try self.query("?status=\(status)")
        #expect(query.status == status)
        #expect(!query.withDeleted)
    }

    /// Asking for cancelled ones means to see them.
    @Test(arguments: ["cancelled", "recalled"], ["", "&deleted=true", "&deleted=false"])
    func deletedStatuses(status: String, deleted: String) throws {
        #expect(try self.query("?status=\(status)\(deleted)").withDeleted)
    }

    @Test(arguments: [
        "?limit=0", "?limit=101", "?limit=-1", "?limit=x", "?limit=1.5", "?limit=", "?limit=99999999999999999999",
    ])
    func badLimits(parameters: String) throws {
        #expect(try self.faults(parameters) == ["?limit"])
    }

    @Test(arguments: ["?offset=-1", "?offset=10001", "?offset=x", "?offset="])
    func badOffsets(parameters: String) throws {
        #expect(try self.faults(parameters) == ["?offset"])
    }

    @Test(arguments: ["?cursor=", "?cursor=x", "?cursor=%00", "?cursor=MQ"])
    func badCursors(parameters: String) throws {
        #expect(try self.faults(parameters) == ["?cursor"])
    }

    /// The two that last no moment, and so are never what a list finds, are no more possible than a made-up one.
    @Test(arguments: ["", "accepted", "claimed", "gone", "Delivered", "suppressed", "suppressed:"])
    func badStatuses(status: String) throws {
        #expect(try self.faults("?status=\(status)") == ["?status"])
    }

    @Test(arguments: ["", "1", "yes", "TRUE"])
    func badDeleted(value: String) throws {
        #expect(try self.faults("?deleted=\(value)") == ["?deleted"])
    }

    @Test(arguments: ["", "%00", "a%00b"])
    func badUsers(value: String) throws {
        #expect(try self.faults("?user_id=\(value)") == ["?user_id"])
    }

    @Test func offsetAndCursorTogether() throws {
        #expect(try self.faults("?offset=5&cursor=\(Cursor.text(Self.place))") == ["?offset"])
    }

    @Test func allFaultsAtOnce() throws {
        #expect(
            try self.faults("?limit=0&offset=x&cursor=x&status=x&deleted=x&user_id=%00")
                == ["?cursor", "?deleted", "?limit", "?offset", "?status", "?user_id"])
    }
}
