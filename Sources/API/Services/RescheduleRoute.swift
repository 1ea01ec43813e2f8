import Hummingbird
import Notifications
import Operations
import Store

/// `PATCH /api/notifications/{id}`: another time, as long as it is scheduled and nobody has claimed it.
struct RescheduleRoute: Sendable {
    let access: ServiceAccess
    let sent: Sent
    let deeds: Deeds

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let token = try self.access.require(.send, of: request, in: context)
        let id = try Sent.id(in: context)
        let schedule: Instant
        switch Draft.readSchedule(try await request.json(limit: SendRoute.largestBody), now: .now) {
        case .success(let read): schedule = read
        case .failure(let faults): throw Problem.invalid(faults)
        }
        let (before, known) = try await self.sent.history(of: id, sentBy: token)
        if let expiresAt = known.notification?.expiresAt, expiresAt <= schedule {
            throw Problem.invalid(Faults([Fault("/schedule", .beforeDue, "it would expire before it is due")]))
        }
        let revision = try await Reschedule.run(
            id, of: token.service, to: schedule, shards: self.sent.shards, on: self.sent.pool)
        guard revision != nil else {
            // In the outbox, and yet not to be moved: a poller has it, or is about to.
            let state = before == .scheduled ? try await self.stateNow(of: id, token) : before
            throw Problem(
                .conflict, code: "not_reschedulable", title: "Not scheduled any more",
                detail: "only what is scheduled, and not yet due, can be given another time",
                more: ["state": state.description])
        }
        FailPoint.apiRescheduled.pass()
        self.deeds.rescheduled(id, known.notification, by: token, trace: context.trace)
        // It may be due, claimed and gone from the outbox by now; that it was moved is known all the same.
        let (state, history) = try await self.sent.history(of: id, sentBy: token)
        return try Response(json: NotificationView(id: id, state: state, history: history))
    }

    private func stateNow(of id: NotificationID, _ token: ServiceToken) async throws -> State {
        do {
            let state = try await self.sent.history(of: id, sentBy: token).state
            return state == .scheduled ? .claimed : state
        } catch let problem as Problem where problem.code == "not_found" {
            return .claimed
        }
    }
}
