import HTTPTypes
import Hummingbird
import Notifications
import Operations
import Store

/// `POST /api/notifications`: one notification, now or for later.
///
/// In steps without a pause, which the hot route takes as well (see `HotSend`).
struct SendRoute: Sendable {
    static let largestBody = 64 * 1_024

    let access: ServiceAccess
    let accepting: Accepting
    let gate: Gate

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let fields = request.headers
        let token = try self.identify(fields[.authorization], noting: context.notes)
        // Before anything of the body is read.
        return try await self.gate.admit {
            try self.access.spend(1, of: token, noting: context.notes)
            let body = try await request.bytes(limit: Self.largestBody)
            let notification = try self.notification(
                from: [UInt8](body), key: fields[.idempotencyKey], token: token, trace: context.trace)
            for problem in try await self.accepting.publish([notification], from: token) {
                if let problem { throw problem }
            }
            return Response(Self.accepted(notification))
        }
    }

    func identify(_ authorization: String?, noting notes: RequestNotes) throws -> ServiceToken {
        try self.access.identify(.send, by: authorization, noting: notes)
    }

    /// All that comes between the gate and the brokers, of a request whose body is here.
    func prepare(
        _ body: [UInt8], type: String?, key: String?, token: ServiceToken, trace: TraceContext,
        noting notes: RequestNotes
    ) throws -> Accepting.Prepared {
        try self.access.spend(1, of: token, noting: notes)
        try MediaType.check(type)
        return try self.accepting.prepare(try self.notification(from: body, key: key, token: token, trace: trace))
    }

    /// - Parameter key: the `Idempotency-Key`.
    private func notification(
        from body: [UInt8], key: String?, token: ServiceToken, trace: TraceContext
    ) throws -> Notification {
        let item = Accepting.Item(
            json: try JSONValue(body: body), key: key, keyPointer: HTTPField.Name.idempotencyKey.rawName)
        return try self.accepting.check(item, from: token, trace: trace, at: .now)
    }

    static func accepted(_ notification: Notification) -> Answer {
        Answer(
            .accepted, [.location: "/api/notifications/\(notification.id)"], json: AcceptedText.json(notification))
    }
}
