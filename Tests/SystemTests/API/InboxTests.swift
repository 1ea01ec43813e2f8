import Foundation
import Notifications
import Testing

@testable import Harness

extension EndToEnd.API {
    /// `GET /api/inbox`, `GET /api/inbox/counts`, `PATCH /api/inbox/{id}`, `POST /api/inbox/read-all` and `seen-all`.
    @Suite struct InboxTests {
        /// Somebody with so many notifications, "1" being the oldest, and their ids in that order.
        static func person(
            _ name: String, with count: Int, _ eventTypes: [String] = ["new_message"]
        ) async throws -> (person: PersonClient, ids: [String]) {
            let installation = try Installation.shared
            let user = installation.users(1, name)[0]
            let results = try await installation.service.sendBatch(
                (0..<count).map { number in
                    var outgoing = Outgoing(to: user, "\(number + 1)")
                    outgoing.eventType = eventTypes[number % eventTypes.count]
                    return outgoing
                })
            try await require("\(count) arrived", within: .seconds(20)) {
                try await installation.database.countInInbox(of: [user]) == count
            }
            let ids = results.compactMap(\.notification?.id)
            try #require(ids.count == count)
            return (try await installation.person(user), ids)
        }

        private func numbers(_ range: ClosedRange<Int>) -> [String] { range.reversed().map { "\($0)" } }

        private func ok(
            _ answer: HTTPAnswer, sourceLocation: SourceLocation = #_sourceLocation
        ) throws -> InboxItemAnswer {
            try #require(answer.status == 200, "\(answer.status) \(answer.text)", sourceLocation: sourceLocation)
            return try answer.decode()
        }

        @Test("pages by cursor have no gap and no double while new ones arrive and others are marked")
        func pages() async throws {
            let (person, ids) = try await Self.person("pages", with: 25)
            let installation = try Installation.shared
            let first = try await person.page("?limit=10")
            #expect(first.messages == self.numbers(16...25))
            let new = try await installation.service.send(Outgoing(to: person.userID, "new"))
            _ = try await installation.service.record(of: new.id, in: "delivered")
            // Of the page that was shown, the one that the cursor names, and one of the page that comes.
            for id in [ids[24], ids[15], ids[10]] { _ = try self.ok(await person.mark(id, #"{"read":true}"#)) }
            let second = try await person.page("?limit=10&cursor=\(try #require(first.nextCursor))")
            #expect(second.messages == self.numbers(6...15))
            let third = try await person.page("?limit=10&cursor=\(try #require(second.nextCursor))")
            #expect(third.messages == self.numbers(1...5) && third.nextCursor == nil)
            #expect(try await person.page("?limit=26").messages == ["new"] + self.numbers(1...25))
            #expect(try await person.page("?limit=26").nextCursor == nil)
            #expect(try await person.page().notifications.count == 20, "the default")
            #expect(try await person.page("?cursor=\(try #require(second.nextCursor))").messages == self.numbers(1...5))
        }

        @Test("every state and event type is a filter, and both together")
        func filters() async throws {
            let (person, ids) = try await Self.person("states", with: 8, ["new_message", "status_change"])
            for (number, json) in [
                (2, #"{"read":true}"#), (3, #"{"read":true}"#), (4, #"{"archived":true}"#),
                (5, #"{"read":true,"archived":true}"#), (7, #"{"seen":true}"#),
            ] {
                _ = try self.ok(await person.mark(ids[number - 1], json))
            }
            _ = try await Installation.shared.service.cancel(ids[0])
            for (query, expected) in [
                ("", ["8", "7", "6", "3", "2"]), ("?state=unread", ["8", "7", "6"]), ("?state=read", ["3", "2"]),
                ("?state=archived", ["5", "4"]), ("?state=all", ["8", "7", "6", "5", "4", "3", "2"]),
                ("?event_type=status_change", ["8", "6", "2"]), ("?state=unread&event_type=new_message", ["7"]),
                ("?state=archived&event_type=status_change", ["4"]), ("?event_type=system_alert", []),
                ("?state=all&limit=2", ["8", "7"]),
            ] {
                #expect(try await person.page(query).messages == expected, "\(query)")
            }
            #expect(try await person.inbox().map(\.message) == ["8", "7", "6"], "archived ones are not unread")
        }

        @Test("counts are right directly after every action, and their ETag changes with them")
        func counts() async throws {
            let (person, ids) = try await Self.person("counts", with: 4)
            let service = try Installation.shared.service
            var etags: [String] = []
            func expect(_ counts: [Int], sourceLocation: SourceLocation = #_sourceLocation) async throws {
                let answer = try await person.ask("GET", "/api/inbox/counts")
                #expect(
                    try answer.decode([String: Int].self) == ["unread": counts[0], "unseen": counts[1]],
                    sourceLocation: sourceLocation)
                let etag = try #require(answer.header("ETag"))
                #expect(try await person.ask("GET", "/api/inbox/counts", etag: etag).status == 304)
                if let last = etags.last {
                    #expect(try await person.ask("GET", "/api/inbox/counts", etag: last).status == 200)
                }
                etags.append(etag)
            }
            try await expect([4, 4])
            _ = try self.ok(await person.mark(ids[0], #"{"seen":true}"#))
            try await expect([4, 3])
            _ = try self.ok(await person.mark(ids[1], #"{"read":true}"#))
            try await expect([3, 2])
            _ = try self.ok(await person.mark(ids[1], #"{"read":false}"#))
            try await expect([4, 2])
            _ = try self.ok(await person.mark(ids[2], #"{"archived":true}"#))
            try await expect([3, 1])
            #expect(try await service.cancel(ids[3]).state == "recalled")
            try await expect([2, 0])
            let sent = try await service.send(Outgoing(to: person.userID, "new"))
            _ = try await service.record(of: sent.id, in: "delivered")
            try await expect([3, 1])
            #expect(try await person.markRead(sent.id).status == 200)
            try await expect([2, 0])
            _ = try self.ok(await person.mark(ids[2], #"{"archived":false}"#))
            try await expect([3, 1])
            #expect(Set(etags).count == etags.count)
        }

        @Test("marks come and go, what is that way already stays, and the sender's trail tells them")
        func marks() async throws {
            let (person, ids) = try await Self.person("marks", with: 1)
            let service = try Installation.shared.service
            let seen = try self.ok(await person.mark(ids[0], #"{"seen":true}"#))
            #expect(seen.seenAt != nil && seen.readAt == nil && seen.archivedAt == nil)
            let before = try await person.unread().header("ETag")
            #expect(try self.ok(await person.mark(ids[0], #"{"seen":true,"read":false}"#)) == seen)
            #expect(try await person.unread().header("ETag") == before, "nothing has changed")
            let read = try self.ok(await person.mark(ids[0], #"{"read":true}"#))
            #expect(read.readAt != nil && read.seenAt == seen.seenAt)
            #expect(try await service.record(of: ids[0], in: "read").step("seen")?.at == seen.seenAt)
            let archived = try self.ok(await person.mark(ids[0].uppercased(), #"{"archived":true}"#))
            #expect(archived.archivedAt != nil && archived.readAt == read.readAt)
            let record = try await service.record(of: ids[0], in: "read")
            #expect(record.step("archived")?.at == archived.archivedAt && record.step("read")?.at == read.readAt)
            let back = try self.ok(await person.mark(ids[0], #"{"read":false,"archived":false}"#))
            #expect(back == seen)
            #expect(try await service.record(of: ids[0], in: "delivered").step("read") == nil)
            // A mark that is not set is there, as null.
            let tree = try await person.ask("GET", "/api/inbox").decode(JSONTree.self)
            let item = try #require(tree["notifications"]?.elements.first)
            #expect(item["read_at"] == .null && item["archived_at"] == .null && item["seen_at"]?.text == seen.seenAt)
        }

        @Test("two sessions of one person see the same, by bearer and by cookie, and both may mark")
        func twoSessions() async throws {
            let (person, ids) = try await Self.person("two", with: 3)
            let installation = try Installation.shared
            let session = try await installation.token(of: person.userID)
            let other = PersonClient(http: installation.http, userID: person.userID, session: session)
            _ = try self.ok(await person.mark(ids[0], #"{"read":true}"#))
            _ = try self.ok(await other.mark(ids[1], #"{"archived":true}"#))
            for query in ["", "?state=unread", "?state=read", "?state=archived", "?state=all"] {
                let mine = try await person.ask("GET", "/api/inbox\(query)")
                let theirs = try await other.ask("GET", "/api/inbox\(query)")
                let cookie = try await installation.http.ask("GET", "/api/inbox\(query)", session: session)
                #expect(mine.status == 200 && mine.body == theirs.body && mine.body == cookie.body, "\(query)")
                #expect(mine.header("ETag") == theirs.header("ETag"))
            }
            // At once: both are told the same, and one of them changed it.
            let answers = try await concurrently([person, other, person, other], atOnce: 4) {
                try await $0.mark(ids[2], #"{"read":true}"#)
            }
            #expect(Set(try answers.map { try self.ok($0) }).count == 1)
            #expect(try await person.counts() == [0, 0])
        }
    }
}
