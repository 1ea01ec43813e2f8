import Foundation
import Testing

/// Somebody who reads their inbox, with their session.
struct PersonClient: Sendable {
    let http: HTTPClient
    let userID: String
    let session: String

    func unread(path: String = "/api/notifications/unread", etag: String? = nil) async throws -> HTTPAnswer {
        var headers = self.headers
        if let etag { headers["If-None-Match"] = etag }
        return try await self.http.send("GET", path, headers: headers)
    }

    /// Everything unread, page after page, newest first.
    func inbox(sourceLocation: SourceLocation = #_sourceLocation) async throws -> [InboxItemAnswer] {
        var items: [InboxItemAnswer] = []
        var path: String? = "/api/notifications/unread"
        while let next = path {
            let answer = try await self.unread(path: next)
            try #require(answer.status == 200, "\(answer.status) \(answer.text)", sourceLocation: sourceLocation)
            items += try answer.decode([InboxItemAnswer].self)
            path = Self.nextPage(answer)
        }
        return items
    }

    func markRead(_ id: String) async throws -> HTTPAnswer {
        try await self.http.send("PATCH", "/api/notifications/\(id)/read", headers: self.headers)
    }

    /// Asks anything in this person's name.
    func ask(_ method: String, _ path: String, etag: String? = nil, json: String? = nil) async throws -> HTTPAnswer {
        var headers = self.headers
        if let etag { headers["If-None-Match"] = etag }
        return try await self.http.send(method, path, headers: headers, body: json.map { Data($0.utf8) })
    }

    /// Marks one; `json` says how.
    func mark(_ id: String, _ json: String) async throws -> HTTPAnswer {
        try await self.ask("PATCH", "/api/inbox/\(id)", json: json)
    }

    /// One page of `GET /api/inbox`.
    func page(_ query: String = "", sourceLocation: SourceLocation = #_sourceLocation) async throws -> InboxPageAnswer {
        let answer = try await self.ask("GET", "/api/inbox\(query)")
        try #require(answer.status == 200, "\(answer.status) \(answer.text)", sourceLocation: sourceLocation)
        return try answer.decode()
    }

    /// Unread and unseen.
    func counts(sourceLocation: SourceLocation = #_sourceLocation) async throws -> [Int] {
        let answer = try await self.ask("GET", "/api/inbox/counts")
        try #require(answer.status == 200, "\(answer.status) \(answer.text)", sourceLocation: sourceLocation)
        let counts: [String: Int] = try answer.decode()
        try #require(counts.count == 2, sourceLocation: sourceLocation)
        return [try #require(counts["unread"]), try #require(counts["unseen"])]
    }

    private var headers: [String: String] { ["Authorization": "Bearer \(self.session)"] }

    /// `Link: <…>; rel="next"`.
    static func nextPage(_ answer: HTTPAnswer) -> String? {
        guard let link = answer.header("Link"), link.hasPrefix("<"), link.hasSuffix(">; rel=\"next\"") else {
            return nil
        }
        return String(link.dropFirst().prefix { $0 != ">" })
    }
}
