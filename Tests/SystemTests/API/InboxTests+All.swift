import Foundation
import Notifications
import Testing

@testable import Harness

extension EndToEnd.API.InboxTests {
    private func markAll(
        _ person: PersonClient, _ what: String, upTo seq: Int64, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Int {
        let answer = try await person.ask("POST", "/api/inbox/\(what)-all", json: #"{"up_to":\#(seq)}"#)
        try #require(answer.status == 200, "\(answer.status) \(answer.text)", sourceLocation: sourceLocation)
        let marked: [String: Int] = try answer.decode()
        return try #require(marked["marked"], sourceLocation: sourceLocation)
    }

    @Test("read-all never marks what was not shown, however early that was due")
    func readAll() async throws {
        let (person, ids) = try await Self.person("all", with: 5)
        let installation = try Installation.shared
        #expect(try await person.mark(ids[1], #"{"archived":true}"#).status == 200)
        #expect(try await person.mark(ids[2], #"{"read":true}"#).status == 200)
        let shown = try await person.page()
        let seq = try #require(shown.notifications.first?.seq)
        // Arrives between the look and the click, due before everything that was shown.
        let late = try await installation.service.send(Outgoing(to: person.userID, "late"))
        _ = try await installation.service.record(of: late.id, in: "delivered")
        #expect(try await self.markAll(person, "seen", upTo: seq) == 3)
        #expect(try await person.counts() == [4, 1])
        #expect(try await self.markAll(person, "read", upTo: seq - 1) == 2)
        #expect(try await person.counts() == [2, 1])
        let etag = try #require(try await person.unread().header("ETag"))
        #expect(try await self.markAll(person, "read", upTo: seq - 1) == 0)
        #expect(try await person.unread(etag: etag).status == 304, "nothing has changed")
        #expect(try await self.markAll(person, "read", upTo: seq) == 1)
        #expect(try await person.unread(etag: etag).status == 200)
        #expect(try await person.inbox().map(\.message) == ["late"])
        #expect(try await person.counts() == [1, 1])
        #expect(try await person.page("?state=archived").notifications.first?.readAt == nil)
        for id in [ids[0], ids[3], ids[4]] { _ = try await installation.service.record(of: id, in: "read") }
        #expect(try await self.markAll(person, "seen", upTo: .max) == 1)
        #expect(try await self.markAll(person, "read", upTo: 0) == 0)
        #expect(try await person.counts() == [1, 0])
    }

    @Test("read-all while a stream of new ones arrives: exactly what was shown is read, whatever the order")
    func readAllInAStream() async throws {
        let (person, _) = try await Self.person("stream", with: 50)
        let installation = try Installation.shared
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 0..<40 {
                    _ = try await installation.service.send(Outgoing(to: person.userID, "new \(number)"))
                }
            }
            var above: Int64 = 0
            for _ in 0..<5 {
                above = try #require(try await person.page("?state=all&limit=1").notifications.first?.seq)
                _ = try await self.markAll(person, "read", upTo: above)
                let items = try await person.page("?state=all&limit=100").notifications
                #expect(items.allSatisfy { ($0.readAt != nil) == ($0.seq <= above) })
            }
            try await group.waitForAll()
        }
        try await require("all arrived", within: .seconds(20)) {
            try await installation.database.countInInbox(of: [person.userID]) == 90
        }
        let counts = try await person.counts()
        #expect(counts[0] == (try await person.page("?state=unread&limit=100").notifications.count))
    }

    @Test("read-all of one person leaves others alone")
    func others() async throws {
        let (person, _) = try await Self.person("mine", with: 2)
        let (other, _) = try await Self.person("theirs", with: 2)
        #expect(try await self.markAll(person, "read", upTo: .max) == 2)
        #expect(try await other.counts() == [2, 2])
        #expect(try await person.counts() == [0, 0])
        #expect(try await self.markAll(other, "seen", upTo: .max) == 2)
    }

    @Test("what is wrong with a parameter is a 422 that names it", arguments: ["/api/inbox"])
    func badQueries(_ path: String) async throws {
        let (person, _) = try await Self.person("badquery", with: 1)
        for (query, fault) in [
            ("state=", "?state"), ("state=Unread", "?state"), ("state=deleted", "?state"), ("state=%00", "?state"),
            ("event_type=", "?event_type"), ("event_type=nothing_known", "?event_type"),
            ("event_type=New_Message", "?event_type"), ("event_type=%00", "?event_type"),
            ("event_type=%27%20OR%201%3D1", "?event_type"), ("limit=0", "?limit"), ("limit=101", "?limit"),
            ("limit=-1", "?limit"), ("limit=x", "?limit"), ("limit=", "?limit"), ("limit=1e2", "?limit"),
            ("limit=99999999999999999999", "?limit"), ("cursor=", "?cursor"), ("cursor=x", "?cursor"),
            ("cursor=%FF", "?cursor"), ("cursor=17", "?cursor"),
            ("cursor=\(base64URL(Data("99999999999999999999".utf8)))", "?cursor"),
        ] {
            let answer = try await person.ask("GET", "\(path)?\(query)")
            try expectProblem(answer, 422, "validation_failed", faults: ["\(fault) wrong_type"], query)
        }
        let all = try await person.ask("GET", "\(path)?state=x&limit=x&cursor=x&event_type=x")
        try expectProblem(
            all, 422, "validation_failed",
            faults: ["?state wrong_type", "?limit wrong_type", "?cursor wrong_type", "?event_type wrong_type"])
        #expect(try await person.page("?limit=1&state=unread&unknown=1").messages == ["1"])
    }

    @Test("what is wrong with a body is told member by member, and nothing is changed")
    func badBodies() async throws {
        let (person, ids) = try await Self.person("badbody", with: 1)
        let etag = try #require(try await person.unread().header("ETag"))
        let mark = ("PATCH", "/api/inbox/\(ids[0])")
        let writes = [mark, ("POST", "/api/inbox/read-all"), ("POST", "/api/inbox/seen-all")]
        for (method, path) in writes {
            for json in ["", " ", "{", "read", "{\"read\":true", "{\"up_to\":NaN}", "{}{}"] {
                try expectProblem(
                    try await person.ask(method, path, json: json), 400, "invalid_json", "\(path) \(json)")
            }
            for json in ["null", "[]", "7", "true", "\"{}\"", "[{\"read\":true}]"] {
                try expectProblem(
                    try await person.ask(method, path, json: json), 422, "validation_failed", faults: [" wrong_type"],
                    "\(path) \(json)")
            }
            let large = try await person.ask(method, path, json: String(repeating: " ", count: 1_025))
            try expectProblem(large, 413, "payload_too_large", path)
        }
        for (json, faults) in [
            ("{}", [" required"]), (#"{"read":null}"#, [" required"]), (#"{"read":"true"}"#, ["/read wrong_type"]),
            (#"{"read":1}"#, ["/read wrong_type"]), (#"{"seen":false}"#, ["/seen wrong_type"]),
            (#"{"archived":[]}"#, ["/archived wrong_type"]), (#"{"read":true,"id":"x"}"#, ["/id unknown_member"]),
            (#"{"read":true,"user_id":"x","seq":1}"#, ["/user_id unknown_member", "/seq unknown_member"]),
            (
                #"{"read":{},"seen":0,"archived":"","x":1}"#,
                ["/read wrong_type", "/seen wrong_type", "/archived wrong_type", "/x unknown_member"]
            ),
        ] {
            try expectProblem(
                try await person.ask(mark.0, mark.1, json: json), 422, "validation_failed", faults: faults, json)
        }
        for (_, path) in writes.dropFirst() {
            for (json, faults) in [
                ("{}", ["/up_to required"]), (#"{"up_to":null}"#, ["/up_to required"]),
                (#"{"up_to":-1}"#, ["/up_to wrong_type"]), (#"{"up_to":1.5}"#, ["/up_to wrong_type"]),
                (#"{"up_to":"9"}"#, ["/up_to wrong_type"]), (#"{"up_to":true}"#, ["/up_to wrong_type"]),
                (#"{"up_to":9223372036854775808}"#, ["/up_to wrong_type"]), (#"{"up_to":[9]}"#, ["/up_to wrong_type"]),
                (#"{"upto":9}"#, ["/up_to required", "/upto unknown_member"]),
            ] {
                try expectProblem(
                    try await person.ask("POST", path, json: json), 422, "validation_failed", faults: faults, json)
            }
        }
        #expect(try await person.unread(etag: etag).status == 304)
        #expect(try await person.counts() == [1, 1])
    }

    @Test("another's id is answered as one that nobody has: the same status and the same body")
    func foreignIDs() async throws {
        let (owner, ids) = try await Self.person("owner", with: 2)
        let installation = try Installation.shared
        let other = try await installation.person(installation.users(1, "stranger")[0])
        let recalled = ids[1]
        #expect(try await installation.service.cancel(recalled).state == "recalled")
        for route in APIRoute.ofPeople where route.template.contains("{id}") {
            let unknown = try await route.ask(
                installation.http, id: UUID().uuidString.lowercased(), userID: other.userID, token: other.session)
            try expectProblem(unknown, 404, "not_found", route.name)
            for (what, session, id) in [
                ("another's", other.session, ids[0]), ("another's recalled one", other.session, recalled),
                ("the own recalled one", owner.session, recalled),
            ] {
                let answer = try await route.ask(
                    installation.http, id: id, userID: other.userID, token: session)
                #expect(answer.status == 404 && answer.body == unknown.body, "\(route.name): \(what)")
            }
            for id in ["1", "x", "%00", "%F0%9F%98%80", ids[0] + "0"] {
                let answer = try await route.ask(installation.http, id: id, userID: other.userID, token: other.session)
                try expectProblem(answer, 404, "not_found", "\(route.name) \(id)")
            }
        }
        let item = try #require(try await owner.page().notifications.first)
        #expect(item.readAt == nil && item.seenAt == nil && item.archivedAt == nil)
    }

    @Test("on every route the person is the session's, whatever query and headers say")
    func whoseItIs() async throws {
        let (owner, ids) = try await Self.person("whose", with: 2)
        let installation = try Installation.shared
        let other = try await installation.person(installation.users(1, "nosy")[0])
        for route in APIRoute.ofPeople where !route.template.hasPrefix("/api/session") {
            let answer = try await installation.http.ask(
                route.method, route.path(ids[0]) + "?user_id=\(owner.userID)&user=\(owner.userID)",
                token: other.session, headers: ["X-User-Id": owner.userID, "X-Forwarded-User": owner.userID],
                body: try route.body(owner.userID).map { Data($0.utf8) })
            #expect([200, 404].contains(answer.status), "\(route.name): \(answer.status) \(answer.text)")
            #expect(!answer.text.contains(ids[0]) && !answer.text.contains(owner.userID), "\(route.name)")
        }
        #expect(try await owner.counts() == [2, 2])
        let preferences = try await owner.ask("GET", "/api/preferences")
        #expect(!preferences.text.contains(#""enabled":false"#), "\(preferences.text)")
    }
}
