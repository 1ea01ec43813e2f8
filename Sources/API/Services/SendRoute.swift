import HTTPTypes
import Hummingbird
import Notifications
import Operations
import Store

/// `POST /api/notifications`: one notification, now or for later.
struct SendRoute: Sendable {
    static let largestBody = 64 * 1_024

    let access: ServiceAccess
    let accepting: Accepting
    let gate: Gate

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let token = try self.access.identify(.send, of: request, in: context)
        // Before anything of the body is read.
        return try await self.gate.admit {
            try self.access.spend(1, of: token, in: context)
            return try await self.send(request, context, by: token)
        }
    }

    private func send(_ request: Request, _ context: APIContext, by token: ServiceToken) async throws -> Response {
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
