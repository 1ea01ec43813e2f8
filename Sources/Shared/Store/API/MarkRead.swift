public import Notifications
public import Postgres

/// Marks one notification of a user as read.
public enum MarkRead {
    /// Index: the primary key of `inbox`, `(user_id, id, due_at)`.
    static let find = """
        SELECT \(InboxColumns.list) FROM inbox i
        WHERE i.user_id = $1 AND i.id = $2 AND i.state = 'delivered'
          AND NOT EXISTS (SELECT FROM cancellations c WHERE c.id = i.id AND c.service_id = i.service_id)
        """

    /// Index: the primary key of `inbox_heads`, `(user_id)`. Taken before the row, as every writer of an inbox does.
    private static let raiseHead = "UPDATE inbox_heads SET version = version + 1 WHERE user_id = $1 RETURNING version"

    /// Index: the primary key of `inbox`, `(user_id, id, due_at)`. The first reading stays.
    private static let mark = """
        UPDATE inbox i SET read_at = clock_timestamp()
        WHERE i.user_id = $1 AND i.id = $2 AND i.due_at = $3 AND i.read_at IS NULL
          AND NOT EXISTS (SELECT FROM cancellations c WHERE c.id = i.id AND c.service_id = i.service_id)
        RETURNING i.read_at
        """

    public struct Marked: Sendable {
        public let item: History.Decision
        /// The inbox' new version; `nil` where it had been read before.
        public let version: Int64?
    }

    /// - Parameter pool: it runs in a transaction of its own.
    /// - Returns: `nil` where this user has no such notification to see.
    public static func run(_ id: NotificationID, of userID: String, on pool: PostgresPool) async throws -> Marked? {
        try await pool.transaction { connection in
            let key: [PostgresValue] = [.text(userID), .uuid(id.uuid)]
            guard
                var item = try await connection.query(PostgresStatement(Self.find, key)).first
                    .map(InboxColumns.read)
            else { return nil }
            guard item.readAt == nil else { return Marked(item: item, version: nil) }
            let version = try await connection.query(PostgresStatement(Self.raiseHead, [.text(userID)])).first?
                .decode("version", as: Int64.self)
            let marked = try await connection.query(
                PostgresStatement(Self.mark, key + [.instant(item.notification.dueAt)])
            ).first
            if let marked {
                item.readAt = try marked.instant("read_at")
            } else {
                // While this one waited for the head another tab was faster, or the sender recalled it.
                guard let now = try await connection.query(PostgresStatement(Self.find, key)).first else { return nil }
                item = try InboxColumns.read(now)
            }
            return Marked(item: item, version: version)
        }
    }
}
