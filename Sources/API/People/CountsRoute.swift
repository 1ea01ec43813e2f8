import Hummingbird
import Postgres
import Store

/// `GET /api/inbox/counts`: how much the user has not read, and has not seen; exact.
struct CountsRoute: Sendable {
    let access: PersonAccess
    let pool: PostgresPool
    let answers: InboxAnswers

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let person = Person(try await self.access.require(request))
        if let unchanged = try await self.answers.notModified(request, for: person) { return unchanged }
        let counts = try await self.answers.asking {
            try await InboxCounts.run(person.userID, requestsPerMinute: $0, on: self.pool)
        }
        return try Response(
            json: ["unread": counts.unread, "unseen": counts.unseen],
            headers: self.answers.headers(version: counts.version, of: person, counts.allowance))
    }
}
