import Hummingbird

/// `GET /api/notifications/{id}`: the record, its state and its trail (P8).
struct GetRoute: Sendable {
    let access: ServiceAccess
    let sent: Sent

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let token = try self.access.require(.read, of: request, in: context)
        let id = try Sent.id(in: context)
        let (state, history) = try await self.sent.history(of: id, sentBy: token)
        return try Response(json: NotificationView(id: id, state: state, history: history))
    }
}
