internal import Postgres

/// The versions of many users' inboxes at once.
public enum InboxVersionsOf {
    /// Index: the primary key of `inbox_heads`, `(user_id)`.
    static let sql = "SELECT user_id, version FROM inbox_heads WHERE user_id = ANY($1)"

    /// - Returns: by the user's bytes, as Postgres tells users apart; without those who never got anything.
    public static func run(_ users: [String], on store: some Querying) async throws -> [[UInt8]: Int64] {
        guard !users.isEmpty else { return [:] }
        return try await store.query(PostgresStatement(Self.sql, [.textArray(users)])).reduce(into: [:]) {
            $0[Array(try $1.decode("user_id", as: String.self).utf8)] = try $1.decode("version", as: Int64.self)
        }
    }
}
