import FoundationEssentials
import HTTPTypes
import Hummingbird
import Notifications
import Postgres
import Store

/// `GET /api/notifications/unread`: what the user has neither read nor archived, newest first, at most 100 at a time; 304
/// where nothing changed since the `ETag` that the client has.
struct UnreadRoute: Sendable {
    static let path = "/api/notifications/unread"
    static let pageSize = 100

    let access: PersonAccess
    let pool: PostgresPool
    let pages: UnreadPages
    let answers: InboxAnswers

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let person = Person(try await self.access.require(request))
        var parameters = QueryReader(request.uri)
        let before = parameters.value("cursor") { InboxCursor.seq($0) }
        try parameters.finish()
        if let unchanged = try await self.answers.notModified(request, for: person) { return unchanged }
        let page = try await self.answers.asking { requestsPerMinute in
            guard let before else { return try await self.pages.page(of: person) }
            return try await InboxPage.run(
                Self.query(before: before), of: person.userID, requestsPerMinute: requestsPerMinute, on: self.pool)
        }
        return Response(self.answer(page, to: person))
    }

    /// One more than is shown tells whether there is a next page.
    static func query(before: Int64? = nil) -> InboxPage.Query {
        InboxPage.Query(filter: .unread, before: before, limit: Self.pageSize + 1)
    }

    func answer(_ page: InboxPage.Page, to person: Person) -> Answer {
        var headers = self.answers.headers(version: page.version, of: person, page.allowance)
        let shown = page.items.prefix(Self.pageSize)
        if page.items.count > Self.pageSize, let last = shown.last {
            headers[.link] = "<\(Self.path)?cursor=\(InboxCursor.text(last.seq))>; rel=\"next\""
        }
        return Answer(.ok, headers, json: InboxItemText.json(shown))
    }
}

/// An opaque place in an inbox.
enum InboxCursor {
    static func text(_ seq: Int64) -> String { Data(String(seq).utf8).base64URL }

    static func seq(_ text: String) -> Int64? {
        Data(base64URL: text).flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
    }
}
