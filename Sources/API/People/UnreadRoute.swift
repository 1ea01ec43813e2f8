import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Notifications
import Postgres
import Store

/// `GET /api/notifications/unread`: what the user has not read, newest first, at most 100 at a time; 304 where nothing
/// changed since the `ETag` that the client has.
struct UnreadRoute: Sendable {
    static let pageSize = 100

    let access: PersonAccess
    let pool: PostgresPool
    let pollIntervalSeconds: Int

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let userID = try await self.access.require(request)
        var parameters = QueryReader(request.uri)
        let before = parameters.value("cursor") { UnreadCursor.seq($0) }
        try parameters.finish()
        if let known = request.headers[.ifNoneMatch] {
            let version = try await InboxVersion.run(userID, on: self.pool)
            if Self.matches(known, Self.etag(version, of: userID)) {
                return Response(status: .notModified, headers: self.headers(version: version, of: userID))
            }
        }
        let page = try await UnreadPage.run(userID, before: before, limit: Self.pageSize + 1, on: self.pool)
        var headers = self.headers(version: page.version, of: userID)
        let shown = page.items.prefix(Self.pageSize)
        if page.items.count > Self.pageSize, let last = shown.last {
            headers[.link] = "</api/notifications/unread?cursor=\(UnreadCursor.text(last.seq))>; rel=\"next\""
        }
        return try Response(json: shown.map(InboxItemView.init), headers: headers)
    }

    private func headers(version: Int64, of userID: String) -> HTTPFields {
        [
            .eTag: Self.etag(version, of: userID), .pollInterval: String(self.pollIntervalSeconds),
            .cacheControl: "private, no-cache", .vary: "Authorization, Cookie",
        ]
    }

    /// The user is in it, so that a browser that changes hands never takes one person's page for another's.
    static func etag(_ version: Int64, of userID: String) -> String {
        let user = SHA256.hash(data: Array(userID.utf8)).prefix(6)
        return "\"\(version)-\(Data(user).base64URL)\""
    }

    /// `If-None-Match` by weak comparison (RFC 9110 section 13.1.2).
    static func matches(_ header: String, _ etag: String) -> Bool {
        header.split(separator: ",").contains { part in
            let candidate = part.trimmed
            return candidate == "*" || candidate == etag || candidate == "W/\(etag)"
        }
    }
}

/// An opaque place in an inbox.
enum UnreadCursor {
    static func text(_ seq: Int64) -> String { Data(String(seq).utf8).base64URL }

    static func seq(_ text: String) -> Int64? {
        Data(base64URL: text).flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
    }
}
