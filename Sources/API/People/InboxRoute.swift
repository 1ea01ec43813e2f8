import Hummingbird
import HummingbirdCore
import Notifications
import Postgres
import Store

/// `GET /api/inbox`: what the user got, newest first, by state and event type.
struct InboxRoute: Sendable {
    static let defaultLimit = 20
    static let largestLimit = 100

    let access: PersonAccess
    let pool: PostgresPool
    let answers: InboxAnswers
    let directory: ServiceDirectory

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let person = Person(try await self.access.require(request))
        var query = try Self.query(request.uri) { name in
            // What is not loaded yet cannot tell; then no more than the form is looked at.
            self.directory.isLoaded ? self.directory.types[name] != nil : EventType.isValidName(name)
        }
        if let unchanged = try await self.answers.notModified(request, for: person) { return unchanged }
        // One more than asked for tells whether there is a next page.
        let limit = query.limit
        query.limit += 1
        let page = try await self.answers.asking { [query] in
            try await InboxPage.run(query, of: person.userID, requestsPerMinute: $0, on: self.pool)
        }
        let shown = page.items.prefix(limit)
        let next = page.items.count > limit ? shown.last.map { InboxCursor.text($0.seq) } : nil
        let json = JSONText.bytes(objects: 1 + shown.count) { text in
            text.object { text in
                text.member("next_cursor", orNull: next)
                text.member("notifications") { $0.array(shown, InboxItemText.write) }
            }
        }
        return Response(
            Answer(
                .ok, self.answers.headers(version: page.version, of: person, page.allowance),
                json: json))
    }

    /// - Parameter isKnown: whether there is an event type of this name.
    /// - Throws: `Problem`, 422, that names every parameter that is wrong.
    static func query(_ uri: URI, isKnown: (String) -> Bool) throws -> InboxPage.Query {
        var parameters = QueryReader(uri)
        let query = InboxPage.Query(
            filter: parameters.value("state") { InboxPage.Filter(rawValue: $0) },
            eventType: parameters.value("event_type") { isKnown($0) ? $0 : nil },
            before: parameters.value("cursor") { InboxCursor.seq($0) },
            limit: parameters.integer("limit", in: 1...Self.largestLimit) ?? Self.defaultLimit)
        try parameters.finish()
        return query
    }
}
