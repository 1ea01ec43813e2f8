public import Notifications
public import Postgres

/// Marks one notification of a user: read or unread, seen, archived or not.
public enum MarkInbox {
    /// Index: the primary key of `inbox`, `(user_id, id, due_at)`.
    static let find = """
        SELECT \(InboxItemColumns.list) FROM inbox i
        WHERE i.user_id = $1 AND i.id = $2 AND i.state = 'delivered'
          AND NOT EXISTS (SELECT FROM cancellations c WHERE c.id = i.id AND c.service_id = i.service_id)
        """

    /// Index: the primary keys of `inbox`, `(user_id, id, due_at)`, of `inbox_heads` and of `cancellations`. Where
    /// nothing changes no row is written and no version raised. The first reading, seeing and archiving stays.
    static let mark = """
        WITH marked AS (
            UPDATE inbox i SET
                read_at = CASE
                    WHEN $4 THEN coalesce(i.read_at, statement_timestamp())
                    WHEN NOT $4 THEN NULL
                    ELSE i.read_at END,
                seen_at = CASE WHEN $4 OR $5 THEN coalesce(i.seen_at, statement_timestamp()) ELSE i.seen_at END,
                archived_at = CASE
                    WHEN $6 THEN coalesce(i.archived_at, statement_timestamp())
                    WHEN NOT $6 THEN NULL
                    ELSE i.archived_at END
            WHERE i.user_id = $1 AND i.id = $2 AND i.due_at = $3 AND i.state = 'delivered'
              AND (i.read_at IS NULL AND $4 OR i.read_at IS NOT NULL AND NOT $4
                OR i.seen_at IS NULL AND ($4 OR $5)
                OR i.archived_at IS NULL AND $6 OR i.archived_at IS NOT NULL AND NOT $6)
              AND NOT EXISTS (SELECT FROM cancellations c WHERE c.id = i.id AND c.service_id = i.service_id)
            RETURNING \(InboxItemColumns.list)
        ), raised AS (
            UPDATE inbox_heads h SET version = h.version + 1
            WHERE h.user_id = $1 AND EXISTS (SELECT FROM marked)
            RETURNING h.version
        )
        SELECT i.*, r.version FROM marked i, raised r
        """

    public struct Marked: Sendable {
        public let item: InboxItem
        /// The inbox' new version; `nil` where nothing changed.
        public let version: Int64?
    }

    /// - Parameters:
    ///   - requestsPerMinute: how many of them this user has; this is one.
    ///   - pool: it runs in a transaction of its own.
    /// - Returns: no `marked` where this user has no such notification to see.
    /// - Throws: `TooManyRequests`.
    public static func run(
        _ id: NotificationID, of userID: String, _ marks: InboxMarks, requestsPerMinute: Int, on pool: PostgresPool
    ) async throws -> (marked: Marked?, allowance: RequestAllowance) {
        try await pool.transaction { connection in
            let allowance = try await CountRequest.run(userID, limit: requestsPerMinute, on: connection)
            return (try await Self.run(id, of: userID, marks, on: connection), allowance)
        }
    }

    private static func run(
        _ id: NotificationID, of userID: String, _ marks: InboxMarks, on connection: PostgresConnection
    ) async throws -> Marked? {
        let key: [PostgresValue] = [.text(userID), .uuid(id.uuid)]
        func found() async throws -> Marked? {
            try await connection.query(PostgresStatement(Self.find, key)).first.map {
                Marked(item: try InboxItemColumns.read($0), version: nil)
            }
        }
        // Without a lock first: most of what changes nothing shall not wait for a delivery.
        guard let before = try await found() else { return nil }
        guard marks.wouldChange(before.item) else { return before }
        _ = try await LockHead.run(userID, on: connection)
        let row = try await connection.query(
            PostgresStatement(
                Self.mark,
                key + [
                    .instant(before.item.dueAt), .bool(marks.read), .bool(marks.seen), .bool(marks.archived),
                ])
        ).first
        if let row {
            return Marked(item: try InboxItemColumns.read(row), version: try row.decode("version", as: Int64.self))
        }
        // While this one waited for the head another tab was faster, or the sender recalled it.
        return try await found()
    }
}
