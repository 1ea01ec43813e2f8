import Foundation
import Notifications
import Testing

@testable import Harness

extension EndToEnd.API {
    /// `GET /api/notifications/unread` and `PATCH …/read`.
    @Suite struct UnreadTests {
        private func expectHeaders(
            _ answer: HTTPAnswer, pace: String = "1", sourceLocation: SourceLocation = #_sourceLocation
        ) {
            #expect(answer.header("X-Poll-Interval") == pace, sourceLocation: sourceLocation)
            #expect(answer.header("Cache-Control") == "private, no-cache", sourceLocation: sourceLocation)
            #expect(answer.header("ETag")?.hasPrefix("\"") ?? false, sourceLocation: sourceLocation)
            #expect(answer.header("X-Content-Type-Options") == "nosniff", sourceLocation: sourceLocation)
        }

        /// The ETag of what is there now, with the ids.
        private func look(
            _ person: PersonClient, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws -> (etag: String, ids: [String]) {
            let answer = try await person.unread()
            try #require(answer.status == 200, "\(answer.text)", sourceLocation: sourceLocation)
            self.expectHeaders(answer, sourceLocation: sourceLocation)
            let etag = try #require(answer.header("ETag"), sourceLocation: sourceLocation)
            let again = try await person.unread(etag: etag)
            #expect(again.status == 304 && again.body.isEmpty, "\(again.status)", sourceLocation: sourceLocation)
            self.expectHeaders(again, sourceLocation: sourceLocation)
            #expect(again.header("ETag") == etag, sourceLocation: sourceLocation)
            return (etag, try answer.decode([InboxItemAnswer].self).map(\.id))
        }

        @Test("304 as long as nothing changes; delivery, reading and recalling each change the ETag")
        func etag() async throws {
            let installation = try Installation.shared
            let user = installation.users(1, "etag")[0]
            let service = installation.service
            let person = try await installation.person(user)
            let empty = try await self.look(person)
            #expect(empty.ids.isEmpty)

            let first = try await service.send(Outgoing(to: user, "first"))
            _ = try await service.record(of: first.id, in: "delivered")
            // The news travels through Kafka.
            try await require("the delivery changes the ETag", within: .seconds(5)) {
                try await person.unread(etag: empty.etag).status == 200
            }
            let one = try await self.look(person)
            #expect(one.ids == [first.id])

            let second = try await service.send(Outgoing(to: user, "second"))
            _ = try await service.record(of: second.id, in: "delivered")
            let two = try await self.look(person)
            #expect(two.ids == [second.id, first.id])

            #expect(try await person.markRead(first.id).status == 200)
            let read = try await self.look(person)
            #expect(read.ids == [second.id])
            #expect(try await person.markRead(first.id).status == 200)
            #expect(try await person.unread(etag: read.etag).status == 304, "read before: nothing has changed")

            for _ in 0..<2 { #expect(try await service.cancel(second.id).state == "recalled") }
            let recalled = try await self.look(person)
            #expect(recalled.ids.isEmpty)
            let etags = [empty, one, two, read, recalled].map(\.etag)
            #expect(Set(etags).count == etags.count, "\(etags)")
            // An older page is never confirmed.
            for etag in etags.dropLast() { #expect(try await person.unread(etag: etag).status == 200) }

            // What is scheduled, or cancelled before anybody saw it, is no change.
            let scheduled = try await service.send(Outgoing(to: user, "later", at: .inSeconds(3_600)))
            _ = try await service.record(of: scheduled.id, in: "scheduled")
            #expect(try await service.cancel(scheduled.id).state == "cancelled")
            #expect(try await person.unread(etag: recalled.etag).status == 304)
        }

        @Test("If-None-Match is read as RFC 9110 has it: lists, weak tags, the star")
        func ifNoneMatch() async throws {
            let installation = try Installation.shared
            let user = installation.users(1, "match")[0]
            let person = try await installation.person(user)
            let etag = try await self.look(person).etag
            for good in [etag, "W/\(etag)", "\"x\", \(etag)", "\"x\",W/\(etag) , \"y\"", "*", " \(etag) "] {
                #expect(try await person.unread(etag: good).status == 304, "\(good)")
            }
            let number = etag.replacing("\"", with: "")
            for other in ["\"x\"", number, "\"\(number)0\"", "", "w/\(etag)", "\"\(etag)\"", "\"x\(number)\""] {
                #expect(try await person.unread(etag: other).status == 200, "\(other)")
            }
        }

        @Test("the pace is the one that is configured")
        func pollInterval() async throws {
            let api = try StrictAPI.shared
            let session = try await api.session(of: "somebody")
            let answer = try await api.http.ask("GET", "/api/notifications/unread", token: session)
            self.expectHeaders(answer, pace: "7")
        }

        @Test("marking read tells when, repeats the same time, also when many do it at once, and shows it in the trail")
        func markRead() async throws {
            let installation = try Installation.shared
            let user = installation.users(1, "mark")[0]
            let service = installation.service
            let person = try await installation.person(user)
            let sent = try await service.send(Outgoing(to: user, "to be read", title: "A title"))
            _ = try await service.record(of: sent.id, in: "delivered")
            let shown = try #require(try await person.inbox().first)
            let before = Instant.current
            let answers = try await concurrently(Array(0..<8), atOnce: 8) { _ in try await person.markRead(sent.id) }
            #expect(answers.map(\.status) == [Int](repeating: 200, count: 8))
            let items = try answers.map { try $0.decode(InboxItemAnswer.self) }
            let readAt = try #require(items[0].readAt.flatMap { Instant(rfc3339: $0) })
            #expect(readAt >= before && readAt <= .current)
            #expect(Set(items).count == 1, "all were told the same: \(items)")
            #expect(items[0].id == shown.id && items[0].seq == shown.seq && items[0].message == shown.message)

            let upper = try await person.markRead(sent.id.uppercased())
            #expect(try upper.decode(InboxItemAnswer.self) == items[0])
            let record = try await service.record(of: sent.id, in: "read")
            #expect(record.step("read")?.at == items[0].readAt)
            #expect(record.events.count { $0 == "read" } == 1)
            #expect(try await person.inbox().isEmpty)
        }

        @Test("only what is in the own inbox can be marked: not what is scheduled, recalled, unknown or another's")
        func notToBeMarked() async throws {
            let installation = try Installation.shared
            let users = installation.users(2, "nomark")
            let service = installation.service
            let person = try await installation.person(users[0])
            let scheduled = try await service.send(Outgoing(to: users[0], "later", at: .inSeconds(3_600)))
            let recalled = try await service.send(Outgoing(to: users[0], "recalled"))
            let theirs = try await service.send(Outgoing(to: users[1], "another's"))
            _ = try await service.record(of: scheduled.id, in: "scheduled")
            for id in [recalled.id, theirs.id] { _ = try await service.record(of: id, in: "delivered") }
            _ = try await service.cancel(recalled.id)
            for id in [scheduled.id, recalled.id, theirs.id, UUID().uuidString.lowercased(), "nothing"] {
                try expectProblem(try await person.markRead(id), 404, "not_found", id)
            }
            _ = try await service.record(of: recalled.id, in: "recalled")
            _ = try await service.record(of: theirs.id, in: "delivered")
            #expect(try await service.cancel(scheduled.id).state == "cancelled")
            try expectProblem(try await person.markRead(scheduled.id), 404, "not_found", "cancelled")
        }

        @Test("more than 100 come page by page, without gap or double while some arrive and some are read")
        func pages() async throws {
            let installation = try Installation.shared
            let user = installation.users(1, "unread")[0]
            let service = installation.service
            let person = try await installation.person(user)
            let results = try await service.sendBatch((0..<251).map { Outgoing(to: user, "\($0)") })
            let ids = Array(results.compactMap(\.notification?.id).reversed())
            try #require(ids.count == 251)
            try await require("251 arrived", within: .seconds(20)) {
                try await installation.database.countInInbox(of: [user]) == 251
            }
            func shown(_ answer: HTTPAnswer) throws -> [String] { try answer.decode([InboxItemAnswer].self).map(\.id) }
            let first = try await person.unread()
            #expect(try shown(first) == Array(ids[0..<100]))

            let new = try await service.send(Outgoing(to: user, "new"))
            _ = try await service.record(of: new.id, in: "delivered")
            // One of the page that was shown, the one that the cursor names, and one of the page that comes.
            for id in [ids[50], ids[99], ids[150]] { #expect(try await person.markRead(id).status == 200) }

            let second = try await person.unread(path: try #require(PersonClient.nextPage(first)))
            #expect(try shown(second) == Array(ids[100..<150] + ids[151..<201]))
            let third = try await person.unread(path: try #require(PersonClient.nextPage(second)))
            #expect(try shown(third) == Array(ids[201..<251]))
            #expect(third.header("Link") == nil)
            #expect(
                try await person.inbox().map(\.id) == [new.id]
                    + ids.filter { ![ids[50], ids[99], ids[150]].contains($0) })
        }

        @Test("exactly 100 are one page; the last page has no Link")
        func lastPage() async throws {
            let installation = try Installation.shared
            let user = installation.users(1, "last")[0]
            let person = try await installation.person(user)
            let results = try await installation.service.sendBatch((0..<100).map { Outgoing(to: user, "\($0)") })
            try #require(results.allSatisfy { $0.status == 202 })
            try await require("100 arrived", within: .seconds(20)) {
                try await installation.database.countInInbox(of: [user]) == 100
            }
            let page = try await person.unread()
            #expect(try page.decode([InboxItemAnswer].self).count == 100)
            #expect(page.header("Link") == nil)
        }

        @Test("a cursor that is none is a 422")
        func badCursor() async throws {
            let installation = try Installation.shared
            let person = try await installation.person(installation.users(1, "cursor")[0])
            for cursor in [
                "", "x", "%00", "%FF", base64URL(Data("x".utf8)), base64URL(Data("99999999999999999999".utf8)),
                "1%27--",
            ] {
                let answer = try await person.unread(path: "/api/notifications/unread?cursor=\(cursor)")
                try expectProblem(answer, 422, "validation_failed", faults: ["?cursor wrong_type"], cursor)
            }
            for seq in ["0", "-1", "9223372036854775807", "-9223372036854775808"] {
                let answer = try await person.unread(
                    path: "/api/notifications/unread?cursor=\(base64URL(Data(seq.utf8)))")
                #expect(answer.status == 200 && answer.text == "[]", "\(seq): \(answer.text)")
            }
        }
    }
}
