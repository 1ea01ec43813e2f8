import Hummingbird
import Logging
import Notifications
import Operations
import Store

/// `DELETE /api/notifications/{id}`: cancel or recall. The answer is a decision (P3): from then on no read returns it,
/// and repeating gives the same answer. An id that nothing has stored yet is cancelled all the same.
struct CancelRoute: Sendable {
    let access: ServiceAccess
    let sent: Sent
    let changes: InboxChanges
    let deeds: Deeds

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let token = try self.access.require(.cancel, of: request, in: context)
        let id = try Sent.id(in: context)
        try await PutTombstone.run(id, of: token.service, on: self.sent.pool)
        FailPoint.apiCancelRequested.pass()
        guard
            let decided = try await DecideCancel.run(
                id, of: token.service, shards: self.sent.shards, on: self.sent.pool)
        else { throw Problem.unavailable("the cancel was undone by a clean-up; try again") }
        FailPoint.apiCancelDecided.pass()
        if let changed = decided.changed {
            await self.changes.announce(changed.userID, version: changed.version, logger: context.logger)
        }
        FailPoint.apiCancelAnnounced.pass()
        context.logger.about(id, trace: context.trace.traceID)
            .info("\(decided.answer.rawValue)", metadata: ["service": "\(token.serviceName)"])
        self.deeds.cancelled(id, decided, by: token, trace: context.trace)
        return try Response(
            json: Answer(
                id: id.description, state: decided.answer.rawValue, decidedAt: decided.decidedAt.description))
    }

    struct Answer: Encodable {
        let id: String
        let state: String
        let decidedAt: String

        enum CodingKeys: String, CodingKey {
            case id, state
            case decidedAt = "decided_at"
        }
    }
}
