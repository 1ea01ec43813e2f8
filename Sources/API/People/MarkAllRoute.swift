import Hummingbird
import Notifications
import Postgres
import Store

/// `POST /api/inbox/read-all` and `POST /api/inbox/seen-all`: marks everything up to a number that the client has shown,
/// and nothing that came in since.
struct MarkAllRoute: Sendable {
    let access: PersonAccess
    let pool: PostgresPool
    let changes: InboxChanges
    let answers: InboxAnswers
    let mark: MarkAll.Mark

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let userID = try await self.access.require(request)
        let upTo: Int64
        switch MarkLimit.read(try await request.json(limit: MarkRoute.largestBody)) {
        case .success(let read): upTo = read
        case .failure(let faults): throw Problem.invalid(faults)
        }
        var progress = MarkAll.Progress(upTo: upTo)
        do {
            while progress.next != nil {
                progress = try await self.answers.asking { [progress] in
                    try await MarkAll.next(progress, self.mark, of: userID, requestsPerMinute: $0, on: self.pool)
                }
            }
        } catch {
            // What was marked before it broke off is committed.
            await self.announce(progress, of: userID, context)
            throw error
        }
        await self.announce(progress, of: userID, context)
        return try Response(
            json: ["marked": progress.marked], headers: progress.allowance.map { self.answers.headers($0) } ?? [:])
    }

    private func announce(_ progress: MarkAll.Progress, of userID: String, _ context: APIContext) async {
        guard let version = progress.version else { return }
        await self.changes.announce(userID, version: version, logger: context.logger)
    }
}
