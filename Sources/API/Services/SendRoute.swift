import HTTPTypes
import Hummingbird
import Notifications
import Operations
import Store

/// `POST /api/notifications`: one notification, now or for later.
///
/// In steps without a pause, which the hot route takes as well (see `HotSend`).
struct SendRoute: Sendable {
    static let path = "/api/notifications"
    static let largestBody = 64 * 1_024

    let access: ServiceAccess
    let accepting: Accepting
    let gate: Gate

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let fields = request.headers
        let token = try self.identify(fields[.authorization], noting: context.notes)
        // Before anything of the body is read.
        return try await self.gate.admit {
            try self.begin(by: token, type: fields[.contentType], noting: context.notes)
            let prepared = try self.prepare(
                try await request.json(limit: Self.largestBody), key: fields[.idempotencyKey], token: token,
                trace: context.trace)
            for problem in await self.accepting.publish([prepared], from: token) {
                if let problem { throw problem }
            }
            return Response(Self.accepted(prepared.notification))
        }
    }

    func identify(_ authorization: String?, noting notes: RequestNotes) throws -> ServiceToken {
        try self.access.identify(.send, by: authorization, noting: notes)
    }

    /// All that comes between the gate and the body.
    func begin(by token: ServiceToken, type: String?, noting notes: RequestNotes) throws {
        try self.access.spend(1, of: token, noting: notes)
        try MediaType.check(type)
    }

    /// All that comes between the body and the brokers.
    ///
    /// - Parameter key: the `Idempotency-Key`.
    func prepare(
        _ json: JSONValue, key: String?, token: ServiceToken, trace: TraceContext
    ) throws -> Accepting.Prepared {
        let item = Accepting.Item(json: json, key: key, keyPointer: HTTPField.Name.idempotencyKey.rawName)
        return try self.accepting.prepare(try self.accepting.check(item, from: token, trace: trace, at: .now))
    }

    static func accepted(_ notification: Notification) -> Answer {
        Answer(
            .accepted, [.location: "/api/notifications/\(notification.id)"], json: AcceptedText.json(notification))
    }
}
