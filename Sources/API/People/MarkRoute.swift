import Hummingbird
import Notifications

/// `PATCH /api/inbox/{id}`: marks one of the user's own as read or unread, seen, archived or not. Another user's id is a
/// 404.
struct MarkRoute: Sendable {
    static let largestBody = 1_024

    let access: PersonAccess
    let marking: InboxMarking

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let userID = try await self.access.require(request)
        let id = try Sent.id(in: context)
        switch InboxMarks.read(try await request.json(limit: Self.largestBody)) {
        case .success(let marks): return try await self.marking.mark(id, of: userID, marks, context)
        case .failure(let faults): throw Problem.invalid(faults)
        }
    }
}
