import Hummingbird
import Notifications
import Operations
import Postgres
import Store

/// Marks one notification of a user, and tells the other replicas.
struct InboxMarking: Sendable {
    let pool: PostgresPool
    let changes: InboxChanges
    let answers: InboxAnswers

    /// - Throws: `Problem`, 404, where this user has no such notification to see; whose it is otherwise stays untold.
    func mark(
        _ id: NotificationID, of userID: String, _ marks: InboxMarks, _ context: APIContext
    ) async throws -> Response {
        let (marked, allowance) = try await self.answers.asking {
            try await MarkInbox.run(id, of: userID, marks, requestsPerMinute: $0, on: self.pool)
        }
        guard let marked else { throw Problem.notFound("there is no such notification in this inbox") }
        FailPoint.apiMarked.pass()
        if let version = marked.version {
            await self.changes.announce(userID, version: version, logger: context.logger)
        }
        return Response(
            Answer(
                .ok, self.answers.headers(allowance), json: JSONText.bytes { InboxItemText.write(marked.item, to: &$0) }
            ))
    }
}
