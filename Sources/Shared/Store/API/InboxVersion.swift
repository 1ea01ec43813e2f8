internal import Postgres

/// The version of a user's inbox: it grows with everything that changes what the user would see.
public enum InboxVersion {
    /// Index: the primary key of `inbox_heads`, `(user_id)`.
    private static let sql = "SELECT version FROM inbox_heads WHERE user_id = $1"

    /// - Returns: 0 for a user who never got anything.
    public static func run(_ userID: String, on store: some Querying) async throws -> Int64 {
        try await store.query(PostgresStatement(Self.sql, [.text(userID)])).first?.decode("version", as: Int64.self)
            ?? 0
    }
}
