import Foundation
import Notifications
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd.API {
    /// `openapi.yaml` against the router and the running API.
    @Suite struct OpenAPITests {
        private func document() async throws -> (document: OpenAPIDocument, text: String) {
            let answer = try await Installation.shared.http.ask("GET", "/openapi.yaml")
            try #require(answer.status == 200)
            return (OpenAPIDocument(answer.text), answer.text)
        }

        /// `METHOD /path` of every line of the router's source that adds a route.
        private func routerOperations() throws -> Set<String> {
            let repository = URL(filePath: #filePath).pathComponents.dropLast(4).joined(separator: "/").dropFirst()
            let source = try String(contentsOfFile: "\(repository)/Sources/API/Routes.swift", encoding: .utf8)
            let lines = source.matches(
                of:
                    /router\.(get|post|put|patch|delete|head|on)\((?:"([^"]+)"|RouterPath\((SendRoute|UnreadRoute)\.path\))/
            )
            try #require(lines.count >= 10, "the router's source is read")
            return Set(
                try lines.map { line in
                    // Those that are also answered before the framework stand where both ways find them.
                    let hot = try line.output.3.map { try self.path(of: $0 == "SendRoute" ? "Services" : "People", $0) }
                    let path = line.output.2.map(String.init) ?? hot ?? ""
                    return "\(line.output.1.uppercased()) \(path.replacing("/:id", with: "/{id}"))"
                })
        }

        private func path(of folder: String, _ route: Substring) throws -> String {
            let source = try String(contentsOf: Self.source("\(folder)/\(route).swift"), encoding: .utf8)
            return String(try #require(source.firstMatch(of: /static let path = "([^"]+)"/)).output.1)
        }

        @Test("the description is served as YAML, and all its references lead somewhere")
        func isServed() async throws {
            let answer = try await Installation.shared.http.ask("GET", "/openapi.yaml")
            #expect(answer.status == 200)
            #expect(answer.header("Content-Type") == "application/yaml")
            let (document, text) = try await self.document()
            #expect(document.root["openapi"]?.text == "3.1.0")
            #expect(document.danglingReferences(in: text) == [])
            #expect(document.operations.count == APIRoute.all.count)
            let ids = document.operations.values.compactMap { $0["operationId"]?.text }
            #expect(ids.count == document.operations.count && Set(ids).count == ids.count)
            let file = try Data(contentsOf: Self.source("Web/openapi.yaml"))
            #expect(Data(text.utf8) == file)
        }

        private static func source(_ path: String) -> URL {
            URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Sources/API/\(path)")
                .standardized
        }

        @Test("every route of the router is described, and everything described is a route of the router")
        func routes() async throws {
            let described = Set(try await self.document().document.operations.keys)
            // The page's own files are added in a loop; of them only the description is part of the API.
            let routed = try self.routerOperations().union(["GET /openapi.yaml"])
            #expect(described.subtracting(routed) == [], "described, but not routed")
            #expect(routed.subtracting(described) == [], "routed, but not described")
            #expect(Set(APIRoute.all.map(\.name)) == described, "the tests' own table")
        }

        @Test("the running API answers what is described, and no other method on those paths")
        func methods() async throws {
            let installation = try Installation.shared
            let operations = try await self.document().document.operations
            for path in Set(APIRoute.all.map(\.template)) {
                for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
                    let target = path.replacing("{id}", with: UUID().uuidString.lowercased())
                    let answer = try await installation.http.ask(method, target)
                    let isRouted = answer.status != 405
                    #expect(isRouted == (operations["\(method) \(path)"] != nil), "\(method) \(path): \(answer.status)")
                    #expect(!answer.text.contains("there is nothing at this path"), "\(method) \(path)")
                    if isRouted { continue }
                    try expectProblem(answer, 405, "method_not_allowed", "\(method) \(path)")
                    let allowed = (answer.header("Allow") ?? "").split(separator: ", ").map { "\($0) \(path)" }
                    #expect(allowed.contains { operations[$0] != nil }, "\(method) \(path): \(allowed)")
                }
            }
        }

        @Test(
            "good and bad answers have a status that is listed, the type that is listed, and the members of the schema")
        func answers() async throws {
            let installation = try Installation.shared
            let document = try await self.document().document
            var seen: [String: Set<Int>] = [:]
            for example in try await OpenAPIExample.all(installation) {
                let what = Comment(
                    rawValue: "\(example.operation): \(example.answer.status) \(example.answer.text.prefix(300))")
                let operation = try #require(document.operations[example.operation], what)
                #expect(example.answer.status == example.status, what)
                try #require(document.statuses(of: operation).contains(example.answer.status), what)
                seen[example.operation, default: []].insert(example.answer.status)
                try self.check(example.answer, document.content(of: operation, status: example.answer.status), what)
            }
            for route in APIRoute.all {
                let statuses = seen[route.name] ?? []
                #expect(statuses.contains { $0 < 300 }, "\(route.name) has a good answer")
                #expect(route.caller == .anyone || statuses.contains { $0 >= 400 }, "\(route.name) has a bad answer")
            }
        }

        private func check(
            _ answer: HTTPAnswer, _ content: (type: String, members: OpenAPIDocument.Members)?, _ what: Comment
        ) throws {
            guard let content else {
                #expect(answer.body.isEmpty, what)
                return
            }
            #expect(answer.header("Content-Type") == content.type, what)
            guard content.type.hasSuffix("json") else { return }
            #expect(!content.members.required.isEmpty, "a schema with members: \(what)")
            let tree = try answer.decode(JSONTree.self)
            if content.members.isArray { try #require(!tree.elements.isEmpty, what) }
            for item in content.members.isArray ? tree.elements : [tree] {
                guard case .object(let members) = item else {
                    Issue.record("no object: \(what)")
                    continue
                }
                let missing = content.members.required.subtracting(members.keys)
                #expect(missing.isEmpty, "missing \(missing): \(what)")
                let unknown = Set(members.keys).subtracting(content.members.known)
                #expect(unknown.isEmpty, "not described \(unknown): \(what)")
            }
        }
    }
}

/// An answer of the running API, with the status that it should have.
private struct OpenAPIExample: Sendable {
    let operation: String
    let status: Int
    let answer: HTTPAnswer

    typealias Adding = (
        _ status: Int, _ operation: String, _ path: String?, _ token: String?, _ session: String?,
        _ headers: [String: String], _ body: Data?
    ) async throws -> HTTPAnswer

    /// The routes of the inbox and the preferences.
    private static func addPeople(
        _ installation: Installation, session: String, delivered: String, _ add: Adding
    ) async throws {
        func body(_ json: String) -> Data { Data(json.utf8) }
        let text = ["Content-Type": "text/plain"]
        for (operation, bad) in [
            ("GET /api/inbox", "?limit=0"), ("GET /api/inbox/counts", nil), ("GET /api/preferences", nil),
        ] {
            let path = String(operation.dropFirst(4))
            let etag = try await add(200, operation, nil, session, nil, [:], nil).header("ETag")
            if let etag { _ = try await add(304, operation, nil, session, nil, ["If-None-Match": etag], nil) }
            _ = try await add(401, operation, nil, nil, nil, [:], nil)
            if let bad { _ = try await add(422, operation, path + bad, session, nil, [:], nil) }
        }
        let writes: [(operation: String, path: String, good: String)] = [
            ("PATCH /api/inbox/{id}", "/api/inbox/\(delivered)", #"{"seen":true}"#),
            ("POST /api/inbox/read-all", "/api/inbox/read-all", #"{"up_to":9}"#),
            ("POST /api/inbox/seen-all", "/api/inbox/seen-all", #"{"up_to":9}"#),
            ("PUT /api/preferences", "/api/preferences", #"{"preferences":[]}"#),
        ]
        for (operation, path, good) in writes {
            _ = try await add(200, operation, path, session, nil, [:], body(good))
            _ = try await add(400, operation, path, session, nil, [:], body("{"))
            _ = try await add(401, operation, path, nil, nil, [:], body(good))
            _ = try await add(403, operation, path, nil, session, [:], body(good))
            _ = try await add(413, operation, path, session, nil, [:], Data(count: 65_537))
            _ = try await add(415, operation, path, session, nil, text, body(good))
            _ = try await add(422, operation, path, session, nil, [:], body("{}"))
        }
        _ = try await add(
            404, "PATCH /api/inbox/{id}", "/api/inbox/\(UUID().uuidString)", session, nil, [:], body(writes[0].good))
        // With nothing left of the minute, every one of them is a 429.
        let spent = installation.users(1, "spent")[0]
        let other = try await installation.token(of: spent)
        for route in APIRoute.ofPeople where !route.template.hasPrefix("/api/session") {
            try await installation.database.spendRequests(of: spent)
            let json = try route.body(spent).map(body)
            _ = try await add(429, route.name, route.path(delivered), other, nil, [:], json)
        }
    }

    static func all(_ installation: Installation) async throws -> [OpenAPIExample] {
        let http = installation.http
        let token = installation.service.token
        let user = installation.users(1, "openapi")[0]
        let session = try await installation.token(of: user)
        let json = try draft(
            to: user,
            ["title": #""T""#, "action_url": #""/a""#, "data": "{}", "expires_at": #""2090-01-01T00:00:00Z""#])
        let limited = try await installation.issue(to: installation.serviceName("openapi"), scopes: [])
        try await installation.untilKnown(limited)
        var examples: [OpenAPIExample] = []

        func add(
            _ status: Int, _ operation: String, path: String? = nil, token: String? = nil, session: String? = nil,
            headers: [String: String] = [:], body: Data? = nil
        ) async throws -> HTTPAnswer {
            let parts = operation.split(separator: " ").map(String.init)
            let answer = try await http.ask(
                parts[0], path ?? parts[1], token: token, session: session, headers: headers, body: body)
            examples.append(OpenAPIExample(operation: operation, status: status, answer: answer))
            return answer
        }

        // Services.
        let send = "POST /api/notifications"
        let delivered = try await add(202, send, token: token, body: Data(json.utf8)).decode(Record.self).id
        _ = try await add(400, send, token: token, body: Data("{".utf8))
        _ = try await add(401, send, body: Data(json.utf8))
        _ = try await add(403, send, token: limited.text, body: Data(json.utf8))
        _ = try await add(413, send, token: token, body: Data(count: 65_537))
        _ = try await add(415, send, token: token, headers: ["Content-Type": "text/plain"], body: Data(json.utf8))
        _ = try await add(422, send, token: token, body: Data("{}".utf8))
        _ = try await installation.service.record(of: delivered, in: "delivered")
        let scheduled = try await installation.service.send(Outgoing(to: user, "later", at: .inSeconds(3_600))).id
        _ = try await installation.service.record(of: scheduled, in: "scheduled")

        let batch = send + "/batch"
        // To somebody else: it may arrive at any time, and would change the ETag below.
        let other = try draft(to: installation.users(1, "openapi")[0])
        _ = try await add(200, batch, token: token, body: Data("[\(other),{}]".utf8))
        _ = try await add(400, batch, token: token, body: Data("{".utf8))
        _ = try await add(401, batch)
        _ = try await add(403, batch, token: limited.text, body: Data("[]".utf8))
        _ = try await add(413, batch, token: token, body: Data(count: 8 * 1_024 * 1_024 + 1))
        _ = try await add(415, batch, token: token, headers: ["Content-Type": "text/plain"], body: Data("[]".utf8))
        _ = try await add(422, batch, token: token, body: Data("[]".utf8))

        let list = "GET /api/notifications"
        _ = try await add(200, list, path: "/api/notifications?user_id=\(user)&limit=1", token: token)
        _ = try await add(401, list)
        _ = try await add(403, list, token: limited.text)
        _ = try await add(422, list, path: "/api/notifications?limit=0", token: token)

        let byID = "/api/notifications/{id}"
        let there = "/api/notifications/\(scheduled)"
        let nowhere = "/api/notifications/\(UUID().uuidString.lowercased())"
        let later = Data(#"{"schedule":"2080-01-01T00:00:00Z"}"#.utf8)
        for method in ["GET", "PATCH", "DELETE"] {
            let body = method == "PATCH" ? later : nil
            _ = try await add(401, "\(method) \(byID)", path: there, body: body)
            _ = try await add(403, "\(method) \(byID)", path: there, token: limited.text, body: body)
            _ = try await add(404, "\(method) \(byID)", path: "/api/notifications/none", token: token, body: body)
        }
        _ = try await add(404, "GET \(byID)", path: nowhere, token: token)
        _ = try await add(404, "PATCH \(byID)", path: nowhere, token: token, body: later)
        _ = try await add(200, "GET \(byID)", path: there, token: token)
        _ = try await add(200, "PATCH \(byID)", path: there, token: token, body: later)
        _ = try await add(400, "PATCH \(byID)", path: there, token: token, body: Data("{".utf8))
        _ = try await add(409, "PATCH \(byID)", path: "/api/notifications/\(delivered)", token: token, body: later)
        _ = try await add(413, "PATCH \(byID)", path: there, token: token, body: Data(count: 65_537))
        _ = try await add(
            415, "PATCH \(byID)", path: there, token: token, headers: ["Content-Type": "text/plain"], body: later)
        _ = try await add(422, "PATCH \(byID)", path: there, token: token, body: Data("{}".utf8))
        _ = try await add(200, "DELETE \(byID)", path: there, token: token)

        // People.
        let unread = "GET /api/notifications/unread"
        let etag = try await add(200, unread, token: session).header("ETag")
        _ = try await add(304, unread, token: session, headers: ["If-None-Match": etag ?? ""])
        _ = try await add(401, unread)
        _ = try await add(422, unread, path: "/api/notifications/unread?cursor=x", token: session)
        let read = "PATCH /api/notifications/{id}/read"
        _ = try await add(200, read, path: "/api/notifications/\(delivered)/read", token: session)
        _ = try await add(401, read, path: "/api/notifications/\(delivered)/read")
        _ = try await add(403, read, path: "/api/notifications/\(delivered)/read", session: session)
        _ = try await add(404, read, path: nowhere + "/read", token: session)
        try await Self.addPeople(installation, session: session, delivered: delivered) {
            try await add($0, $1, path: $2, token: $3, session: $4, headers: $5, body: $6)
        }
        _ = try await add(204, "POST /api/session", token: session)
        _ = try await add(401, "POST /api/session")
        _ = try await add(204, "DELETE /api/session", token: session)
        _ = try await add(401, "DELETE /api/session")
        _ = try await add(403, "DELETE /api/session", session: session)

        // Operators.
        let erase = "DELETE /api/users/{id}"
        let admin = try await installation.issue(to: installation.serviceName("openapi"), scopes: ["admin"])
        try await installation.untilKnown(admin)
        let nobody = "/api/users/\(installation.users(1, "openapi")[0])"
        _ = try await add(200, erase, path: nobody, token: admin.text)
        _ = try await add(401, erase, path: nobody)
        _ = try await add(403, erase, path: nobody, token: token)
        _ = try await add(422, erase, path: "/api/users/%00", token: admin.text)

        _ = try await add(200, "GET /openapi.yaml")
        return examples
    }
}
