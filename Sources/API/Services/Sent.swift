import Hummingbird
import Notifications
import Operations
import Postgres
import Store
import Wire

/// What services sent, as Postgres knows it.
struct Sent: Sendable {
    let pool: PostgresPool
    let shards: Int32

    /// - Throws: `Problem`, 404 with `Retry-After`, where nothing has stored the id yet, or another service sent it.
    func history(of id: NotificationID, sentBy service: ServiceToken) async throws -> (state: State, history: History) {
        let history = try await self.pool.withConnection { connection in
            try await FindHistory.run(
                id, of: service.service, shards: self.shards, reading: Self.read, on: connection)
        }
        guard let state = history.state else {
            throw Problem.notFound("nothing has stored this id yet", retryAfterSeconds: 1)
        }
        return (state, history)
    }

    static let read: PayloadReader = { try Notification(encoded: $0, trace: $1) }

    /// - Throws: `Problem`, 404, where the path holds no id.
    static func id(in context: APIContext) throws -> NotificationID {
        guard let id = context.parameters.get("id").flatMap({ NotificationID($0) }) else {
            throw Problem.notFound("this is not the id of a notification")
        }
        return id
    }
}
