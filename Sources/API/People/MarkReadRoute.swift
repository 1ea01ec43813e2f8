import Hummingbird
import Notifications

/// `PATCH /api/notifications/{id}/read`: marks one of the user's own as read. Another user's id is a 404.
struct MarkReadRoute: Sendable {
    let access: PersonAccess
    let marking: InboxMarking

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let userID = try await self.access.require(request)
        return try await self.marking.mark(try Sent.id(in: context), of: userID, InboxMarks(read: true), context)
    }
}
