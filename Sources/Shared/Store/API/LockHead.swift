internal import Postgres

/// Locks the head of a user's inbox, as every writer of one does before it looks at the rows.
enum LockHead {
    /// Index: the primary key of `inbox_heads`, `(user_id)`.
    private static let sql = "SELECT version FROM inbox_heads WHERE user_id = $1 FOR UPDATE"

    /// - Parameter connection: inside the transaction that then writes.
    /// - Returns: `false` for a user who never got anything.
    static func run(_ userID: String, on connection: PostgresConnection) async throws -> Bool {
        try await connection.query(PostgresStatement(Self.sql, [.text(userID)])).first != nil
    }
}
