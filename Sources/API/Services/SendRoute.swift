import HTTPTypes
import Hummingbird
import Notifications
import Operations

/// `POST /api/notifications`: one notification, now or for later.
struct SendRoute: Sendable {
    static let largestBody = 64 * 1_024

    let access: ServiceAccess
    let accepting: Accepting

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let token = try self.access.require(.send, of: request, in: context)
        let item = Accepting.Item(
            json: try await request.json(limit: Self.largestBody), key: request.headers[.idempotencyKey],
            keyPointer: HTTPField.Name.idempotencyKey.rawName)
        let notification = try self.accepting.check(item, from: token, trace: context.trace, at: .now)
        for problem in try await self.accepting.publish([notification], from: token) {
            if let problem { throw problem }
        }
        return try Response(
            json: NotificationView(notification, state: .accepted), status: .accepted,
            headers: [.location: "/api/notifications/\(notification.id)"])
    }
}
