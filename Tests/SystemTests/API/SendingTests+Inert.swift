import Foundation
import Notifications
import TestSupport
import Testing

@testable import Harness
@testable import Notifi

// MARK: - Inert content

extension EndToEnd.API.SendingTests {
    @Test("what is stored is inert, and the 202, the record and the inbox all show what is stored")
    func inertContent() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "inert")[0]
        let answer = try await installation.http.ask(
            "POST", "/api/notifications", token: installation.service.token,
            json: try draft(
                to: user,
                [
                    "message": try quoted("<b>Fish & chips</b>\n<script>alert(1)</script>1 < 2 \u{202E}<3\u{1} &lt;"),
                    "title": try quoted("Order\r\n<i>7</i><img src=x onerror=alert(1)>"),
                    "data": #"{"<b>a</b>":["<<b>script>x",{"n":1}]}"#,
                ]))
        try #require(answer.status == 202, "\(answer.text)")
        let id = try answer.decode(Record.self).id
        _ = try await installation.service.record(of: id, in: "delivered")
        let record = try await installation.service.get(id)
        let unread = try await installation.person(user).unread()
        let data = try JSONDecoder().decode(JSONTree.self, from: Data(#"{"a":["script>x",{"n":1}]}"#.utf8))
        for (what, shown) in [
            ("answer", try answer.decode(JSONTree.self)), ("record", try record.decode(JSONTree.self)),
            ("inbox", try #require(try unread.decode(JSONTree.self).elements.first)),
        ] {
            #expect(shown["message"] == .string("Fish & chips\n1 < 2 <3 &lt;"), "\(what)")
            #expect(shown["title"] == .string("Order 7"), "\(what)")
            #expect(shown["data"] == data, "\(what)")
        }
    }

    /// As message, title and data, and a minute of one user never sees more than it may.
    @Test("nothing of the collection of hostile texts is stored with a tag or a comment in it")
    func hostileTexts() async throws {
        let installation = try Installation.shared
        let users = installation.users(HostileText.all.count / 50 + 1, "hostile")
        let items = try HostileText.all.enumerated().map { place, text in
            try draft(
                to: users[place / 50],
                [
                    "message": try quoted(".\(text)"), "title": try quoted(String(text.prefix(60))),
                    "data": "{\(try quoted(text)):\(try quoted(text))}",
                ])
        }
        let answer = try await installation.http.ask(
            "POST", "/api/notifications/batch", token: installation.service.token,
            json: "[\(items.joined(separator: ","))]")
        try #require(answer.status == 200, "\(answer.text.prefix(500))")
        let results = try #require(try answer.decode(JSONTree.self)["results"]?.elements)
        try #require(results.count == HostileText.all.count)
        for (text, result) in zip(HostileText.all, results) {
            let shown = result["notification"]
            #expect(shown?["message"] == .string(PlainText.from(".\(text)")), "\(text)")
            let title = PlainText.from(String(text.prefix(60)), lines: .joined)
            let isBlank = title.unicodeScalars.allSatisfy(\.properties.isWhitespace)
            #expect(shown?["title"] == (isBlank ? nil : .string(title)), "\(text)")
            #expect(shown?["data"]?[PlainText.from(text)] == .string(PlainText.from(text)), "\(text)")
        }
    }
}

// MARK: - Links

extension EndToEnd.API.SendingTests {
    @Test("where an operator has listed hosts, links lead to them and to the same site alone")
    func listedHosts() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "hosts")[0]
        let variables = [
            "NOTIFI_CONTENT_ACTION_HOSTS": "example.com,*.example.org", "NOTIFI_SESSION_JWT_SECRET": RandomText.make(),
        ]
        try await withOwnAPI(beside: installation, variables) { api in
            for (url, isAllowed) in [
                ("https://example.com/a", true), ("https://EXAMPLE.com:8443/", true), ("https://a.example.org/", true),
                ("/orders/1", true), ("https://www.example.com/", false), ("https://example.org/", false),
                ("https://example.com.evil.example/", false),
            ] {
                let answer = try await api.http.ask(
                    "POST", "/api/notifications", token: installation.service.token,
                    json: try draft(to: user, ["action_url": try quoted(url)]))
                if isAllowed {
                    #expect(answer.status == 202, "\(url): \(answer.text)")
                } else {
                    try expectProblem(answer, 422, "validation_failed", faults: ["/action_url host_not_allowed"])
                }
            }
        }
    }
}
