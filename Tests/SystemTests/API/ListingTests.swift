import Foundation
import Notifications
import Testing

@testable import Harness

extension EndToEnd.API {
    /// `GET /api/notifications`: what a service sent, page by page.
    @Suite struct ListingTests {
        private struct Page: Decodable {
            let notifications: [Record]
            let nextCursor: String?

            enum CodingKeys: String, CodingKey {
                case notifications
                case nextCursor = "next_cursor"
            }
        }

        private func page(
            _ service: SendingService, _ query: String, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws -> Page {
            let answer = try await service.http.ask("GET", "/api/notifications?\(query)", token: service.token)
            try #require(answer.status == 200, "\(query): \(answer.text)", sourceLocation: sourceLocation)
            return try answer.decode()
        }

        /// All pages by cursor.
        private func all(
            _ service: SendingService, _ query: String, sourceLocation: SourceLocation = #_sourceLocation,
            between: (Page) async throws -> Void = { _ in }
        ) async throws -> [Record] {
            var page = try await self.page(service, query, sourceLocation: sourceLocation)
            var found = page.notifications
            while let cursor = page.nextCursor {
                try await between(page)
                page = try await self.page(service, "\(query)&cursor=\(cursor)", sourceLocation: sourceLocation)
                try #require(
                    !page.notifications.isEmpty && Set(found.map(\.id)).isDisjoint(with: page.notifications.map(\.id)),
                    "a cursor leads on: \(query)", sourceLocation: sourceLocation)
                found += page.notifications
            }
            return found
        }

        /// Sends 45 for two users: two thirds at once, one third for later, all stored when this returns.
        private func send45(_ service: SendingService, to users: [String]) async throws -> [String] {
            let installation = try Installation.shared
            let ids = try await concurrently(Array(0..<45), atOnce: 8) { number in
                let schedule: Instant? = number % 3 == 2 ? .inSeconds(3_600) : nil
                return try await service.send(Outgoing(to: users[number % 2], "item \(number)", at: schedule)).id
            }
            try await require("45 are stored", within: .seconds(20)) {
                let stored = try await (
                    installation.database.countInInbox(of: users), installation.database.countInOutbox(of: users)
                )
                return stored == (30, 15)
            }
            return ids
        }

        @Test("paging by cursor has no gap and no double while new ones arrive, whatever the size of a page")
        func cursor() async throws {
            let installation = try Installation.shared
            let service = try await installation.newService("paging")
            let users = installation.users(2, "paging")
            let sent = Shared(Set(try await self.send45(service, to: users)))
            for limit in [1, 7, 44, 45, 100] {
                let wanted = sent.value
                let arrived = Shared(0)
                let listed = try await self.all(service, "limit=\(limit)") { page in
                    #expect(page.notifications.count == limit)
                    guard arrived.value < 3 else { return }
                    arrived.change { $0 += 1 }
                    let new = try await service.send(Outgoing(to: users[0], "new"))
                    _ = try await service.record(of: new.id, in: "delivered")
                    sent.change { $0.insert(new.id) }
                }
                #expect(listed.map(\.id).count == Set(listed.map(\.id)).count, "doubled")
                #expect(Set(listed.map(\.id)) == wanted, "pages of \(limit)")
                let places = try listed.map { "\(try #require($0.acceptedAt)) \($0.id)" }
                #expect(places == places.sorted(by: >), "newest first")
                #expect(listed.allSatisfy { $0.state == "delivered" || $0.state == "scheduled" })
                #expect(arrived.value > 0 || limit == 100)
            }
            #expect(Set(try await self.page(service, "limit=100").notifications.map(\.id)) == sent.value)
        }

        @Test("paging by offset shows the same list as by cursor; without a limit a page has 20")
        func offset() async throws {
            let installation = try Installation.shared
            let service = try await installation.newService("offset")
            _ = try await self.send45(service, to: installation.users(2, "offset"))
            let wanted = try await self.all(service, "limit=100").map(\.id)
            try #require(wanted.count == 45)
            for limit in [1, 10, 44, 45, 46, 100] {
                var found: [String] = []
                var isLast = false
                while !isLast {
                    let page = try await self.page(service, "limit=\(limit)&offset=\(found.count)")
                    found += page.notifications.map(\.id)
                    isLast = page.nextCursor == nil
                    try #require(isLast || !page.notifications.isEmpty)
                }
                #expect(found == wanted, "limit \(limit)")
            }
            let first = try await self.page(service, "")
            #expect(first.notifications.map(\.id) == Array(wanted.prefix(20)))
            let beyond = try await self.page(service, "offset=45")
            #expect(beyond.notifications.isEmpty && beyond.nextCursor == nil)
            #expect(try await self.page(service, "offset=10000").notifications.isEmpty)
            // An offset leads on to a cursor.
            let cursor = try #require(try await self.page(service, "offset=5&limit=5").nextCursor)
            #expect(
                try await self.page(service, "limit=5&cursor=\(cursor)").notifications.map(\.id)
                    == Array(wanted[10..<15]))
        }

        @Test("status, user_id and deleted narrow the list, together too")
        func filters() async throws {
            let installation = try Installation.shared
            let service = try await installation.newService("filters")
            let users = installation.users(2, "filters")
            func send(_ message: String, to user: Int, at schedule: Instant? = nil) async throws -> String {
                let id = try await service.send(Outgoing(to: users[user], message, at: schedule)).id
                _ = try await service.record(of: id, in: schedule == nil ? "delivered" : "scheduled")
                return id
            }
            let delivered = try await send("delivered", to: 0)
            let read = try await send("read", to: 0)
            let recalled = try await send("recalled", to: 0)
            let scheduled = try await send("scheduled", to: 0, at: .inSeconds(3_600))
            let cancelled = try await send("cancelled", to: 0, at: .inSeconds(3_600))
            let others = try await send("another's", to: 1)
            let othersCancelled = try await send("another's cancelled", to: 1, at: .inSeconds(3_600))
            #expect(try await installation.person(users[0]).markRead(read).status == 200)
            #expect(try await service.cancel(recalled).state == "recalled")
            for id in [cancelled, othersCancelled] { #expect(try await service.cancel(id).state == "cancelled") }
            // Nothing is known of this one but that it is cancelled: no list has it.
            #expect(try await service.cancel(UUID().uuidString).state == "cancelled")

            let wanted: [(query: String, ids: [String])] = [
                ("", [others, scheduled, read, delivered]),
                ("deleted=false", [others, scheduled, read, delivered]),
                ("deleted=true", [othersCancelled, others, cancelled, scheduled, recalled, read, delivered]),
                ("user_id=\(users[0])", [scheduled, read, delivered]),
                ("user_id=\(users[1])", [others]),
                ("user_id=\(users[1])&deleted=true", [othersCancelled, others]),
                ("user_id=nobody", []),
                ("status=delivered", [others, delivered]),
                ("status=delivered&user_id=\(users[0])", [delivered]),
                ("status=read", [read]),
                ("status=scheduled", [scheduled]),
                ("status=scheduled&deleted=true", [scheduled]),
                ("status=cancelled", [othersCancelled, cancelled]),
                ("status=cancelled&user_id=\(users[0])&deleted=false", [cancelled]),
                ("status=recalled", [recalled]),
                ("status=expired", []),
                ("status=dead-lettered", []),
                ("status=suppressed%3Apreference", []),
            ]
            for (query, ids) in wanted {
                #expect(try await self.page(service, query).notifications.map(\.id) == ids, "\(query)")
                #expect(try await self.all(service, "limit=1&\(query)").map(\.id) == ids, "\(query), one by one")
            }
            let states = try await self.page(service, "deleted=true").notifications
            #expect(
                states.map(\.state) == [
                    "cancelled", "delivered", "cancelled", "scheduled", "recalled", "read", "delivered",
                ])
            #expect(
                states.map(\.message) == [
                    "another's cancelled", "another's", "cancelled", "scheduled", "recalled", "read", "delivered",
                ])
            for id in [scheduled] { _ = try await service.cancel(id) }
        }

        @Test("a user id is taken as it is, with whatever characters")
        func userIDs() async throws {
            let installation = try Installation.shared
            let service = try await installation.newService("odd")
            let mark = installation.users(1, "odd")[0]
            let users = [
                "\(mark) b", "\(mark)+b", "\(mark)%20b", "\(mark)&deleted=true", "\(mark)é😀", "\(mark)/?#'\"\\",
            ]
            let ids = try await concurrently(users, atOnce: 4) { try await service.send(Outgoing(to: $0, "odd")).id }
            for id in ids { _ = try await service.record(of: id, in: "delivered") }
            for (user, id) in zip(users, ids) {
                let escaped = try #require(user.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
                let page = try await self.page(service, "user_id=\(escaped)")
                #expect(page.notifications.map(\.id) == [id], "\(user)")
                #expect(page.notifications.map(\.userID) == [user])
            }
        }

        @Test("a parameter that is not in order is a 422 that names it, never a list of something else")
        func badParameters() async throws {
            let installation = try Installation.shared
            let service = installation.service
            let cursor = base64URL(Data("1.0197a1b2-6c1f-7d3e-9a51-3f0c2b9d8e77".utf8))
            _ = try await self.page(service, "cursor=\(cursor)")
            var bad: [(query: String, names: [String])] = [
                ("cursor=\(cursor)&offset=1", ["offset"]),
                (
                    "limit=0&offset=-1&status=x&deleted=x&cursor=x&user_id=",
                    ["limit", "offset", "status", "deleted", "cursor", "user_id"]
                ),
            ]
            bad += ["0", "101", "-1", "x", "1.5", "", "99999999999999999999", "0x10", "%31%00", "1%20"].map {
                ("limit=\($0)", ["limit"])
            }
            bad += ["-1", "10001", "x", "", "99999999999999999999"].map { ("offset=\($0)", ["offset"]) }
            bad += ["accepted", "claimed", "x", "", "Delivered", "suppressed:", "suppressed", "%27"].map {
                ("status=\($0)", ["status"])
            }
            bad += ["maybe", "1", "", "TRUE", "yes"].map { ("deleted=\($0)", ["deleted"]) }
            bad += ["", "a%00b"].map { ("user_id=\($0)", ["user_id"]) }
            let cursors = [
                "", "x", "%00", "===", base64URL(Data("1".utf8)), base64URL(Data("x.y".utf8)),
                base64URL(Data("1.2.3".utf8)), base64URL(Data("-1.0197a1b2-6c1f-7d3e-9a51-3f0c2b9d8e77".utf8)),
                base64URL(Data("9223372036854775807.0197a1b2-6c1f-7d3e-9a51-3f0c2b9d8e77".utf8)),
                base64URL(Data("1.0197a1b2'--".utf8)), base64URL(Data([0xFF, 0xFE])),
            ]
            bad += cursors.map { ("cursor=\($0)", ["cursor"]) }
            for user in ["%FF", "%C3%28", "%zz"] {
                // No text at all: nobody's id.
                #expect(try await self.page(service, "user_id=\(user)").notifications.isEmpty, "\(user)")
            }
            for (query, names) in bad {
                let answer = try await service.http.ask("GET", "/api/notifications?\(query)", token: service.token)
                try expectProblem(
                    answer, 422, "validation_failed", faults: names.map { "?\($0) wrong_type" }, query)
            }
        }

        @Test("another service's list has none of them, by whatever query, and its cursor leads nowhere else")
        func anotherService() async throws {
            let installation = try Installation.shared
            let service = try await installation.newService("mine")
            let users = installation.users(2, "mine")
            let sent = try await self.send45(service, to: users)
            _ = try await service.cancel(sent[2])
            let other = try await installation.newService("theirs")
            let cursor = try #require(try await self.page(service, "limit=1").nextCursor)
            let queries = [
                "", "deleted=true", "user_id=\(users[0])", "status=scheduled", "status=cancelled", "cursor=\(cursor)",
                "limit=100&offset=0",
            ]
            for query in queries {
                let page = try await self.page(other, query)
                #expect(page.notifications.isEmpty && page.nextCursor == nil, "\(query)")
            }
            let own = try await other.send(Outgoing(to: users[0], "theirs"))
            _ = try await other.record(of: own.id, in: "delivered")
            #expect(try await self.page(other, "user_id=\(users[0])").notifications.map(\.id) == [own.id])
            #expect(try await self.all(service, "deleted=true").map(\.id).contains(own.id) == false)
        }
    }
}
