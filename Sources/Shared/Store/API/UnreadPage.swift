public import Notifications
internal import Postgres

/// What a user has not read yet, newest first, and the version of the inbox that it is true for.
public enum UnreadPage {
    /// Index: `inbox_unread (user_id, seq DESC) WHERE state = 'delivered' AND read_at IS NULL AND
    /// archived_at IS NULL`, and the primary keys of
    /// `inbox_heads` and `cancellations`. One statement, one snapshot: version and rows belong together. The anti-join
    /// is written so that the planner goes along the index and stops at the limit; see `ListSent`.
    static let sql = """
        SELECT v.version, i.*
        FROM (SELECT coalesce((SELECT h.version FROM inbox_heads h WHERE h.user_id = $1), 0) AS version) v
        LEFT JOIN LATERAL (
            SELECT \(InboxColumns.list) FROM inbox i
            WHERE i.user_id = $1 AND i.state = 'delivered' AND i.read_at IS NULL AND i.archived_at IS NULL
              AND i.seq < $2
              AND (SELECT 1 FROM cancellations c WHERE c.id = i.id AND c.service_id = i.service_id LIMIT 1) IS NULL
            ORDER BY i.seq DESC
            LIMIT $3
        ) i ON true
        ORDER BY i.seq DESC
        """

    public struct Page: Sendable {
        public let version: Int64
        public let items: [History.Decision]
    }

    /// - Parameters:
    ///   - before: only what has a lower `seq`; `nil` begins with the newest.
    ///   - limit: at most so many.
    public static func run(
        _ userID: String, before: Int64?, limit: Int, on store: some Querying
    ) async throws -> Page {
        let rows = try await store.query(
            PostgresStatement(Self.sql, [.text(userID), .int8(before ?? .max), .int8(Int64(limit))]))
        let version = try rows.first?.decode("version", as: Int64.self) ?? 0
        let items = try rows.compactMap { row in
            try row.decode("state", as: String?.self) == nil ? nil : try InboxColumns.read(row)
        }
        return Page(version: version, items: items)
    }
}
