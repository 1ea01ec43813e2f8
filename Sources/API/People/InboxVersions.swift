import Postgres
import Store

/// The version of each user's inbox.
struct InboxVersions: Sendable {
    let pool: PostgresPool

    func version(of userID: String) async throws -> Int64 {
        try await InboxVersion.run(userID, on: self.pool)
    }
}
