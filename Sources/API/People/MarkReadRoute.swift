import Hummingbird
import Postgres
import Store

/// `PATCH /api/notifications/{id}/read`: marks one of the user's own as read. Another user's id is a 404.
struct MarkReadRoute: Sendable {
    let access: PersonAccess
    let pool: PostgresPool
    let changes: InboxChanges

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let userID = try await self.access.require(request)
        let id = try Sent.id(in: context)
        guard let marked = try await MarkRead.run(id, of: userID, on: self.pool) else {
            throw Problem.notFound("there is no such notification in this inbox")
        }
        if let version = marked.version {
            await self.changes.announce(userID, version: version, logger: context.logger)
        }
        return try Response(json: InboxItemView(marked.item))
    }
}
