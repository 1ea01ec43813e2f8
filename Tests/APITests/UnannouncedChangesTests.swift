import Testing

@testable import API

@Suite struct UnannouncedChangesTests {
    private func taken(_ changes: inout UnannouncedChanges, _ limit: Int = 10) -> [String] {
        changes.take(limit).map { "\($0.userID) \($0.version)" }
    }

    @Test func theHighestVersionOfEachInOrder() {
        var changes = UnannouncedChanges(limit: 10)
        #expect(self.taken(&changes) == [])
        for (user, version) in [("ann", 4), ("bob", 9), ("ann", 7), ("ann", 5), ("cid", 1)] as [(String, Int64)] {
            #expect(changes.note(user, version: version) == true)
        }
        #expect(changes.count == 3)
        #expect(self.taken(&changes, 2) == ["ann 7", "bob 9"])
        // One that failed goes behind the others, and does not hide what came meanwhile.
        #expect(changes.note("ann", version: 8) == true)
        #expect(changes.note("ann", version: 7) == true)
        #expect(self.taken(&changes) == ["cid 1", "ann 8"])
        #expect(changes.count == 0)
    }

    @Test func bounded() {
        var changes = UnannouncedChanges(limit: 2)
        #expect(changes.note("ann", version: 1) == true)
        #expect(changes.note("bob", version: 1) == true)
        #expect(changes.note("cid", version: 1) == false)
        #expect(changes.note("bob", version: 2) == true, "who waits already needs no room")
        #expect(self.taken(&changes) == ["ann 1", "bob 2"])
        #expect(changes.note("cid", version: 1) == true)
    }

    @Test func usersAreToldApartByTheirBytes() {
        var changes = UnannouncedChanges(limit: 10)
        #expect(changes.note("caf\u{E9}", version: 1) == true)
        #expect(changes.note("cafe\u{301}", version: 2) == true)
        #expect(changes.take(10).map { Array($0.userID.utf8).count } == [5, 6])
    }
}
