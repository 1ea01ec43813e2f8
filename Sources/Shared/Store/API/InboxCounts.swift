internal import Postgres

/// How much a user has not read, and has not seen, and the version of the inbox that it is true for.
public enum InboxCounts {
    /// Index: `inbox_unread (user_id, seq DESC)`, gone along once, and the primary keys of `inbox_heads` and
    /// `cancellations`. Reading marks as seen, so that what is unseen is unread as well. One statement, one snapshot.
    package static let sql = """
        \(CountRequest.with(limit: 2))
        SELECT a.requests, a.seconds_left, v.version, i.unread, i.unseen
        FROM allowance a
        CROSS JOIN (SELECT coalesce((SELECT h.version FROM inbox_heads h WHERE h.user_id = $1), 0) AS version) v
        LEFT JOIN LATERAL (
            SELECT count(*) AS unread, count(*) FILTER (WHERE i.seen_at IS NULL) AS unseen
            FROM inbox i
            WHERE a.requests IS NOT NULL AND i.user_id = $1 AND i.state = 'delivered' AND i.read_at IS NULL
              AND i.archived_at IS NULL
              AND (SELECT 1 FROM cancellations c WHERE c.id = i.id AND c.service_id = i.service_id LIMIT 1) IS NULL
        ) i ON true
        """

    public struct Counts: Sendable, Hashable {
        public let version: Int64
        public let unread: Int
        /// Never more than `unread`.
        public let unseen: Int
        public let allowance: RequestAllowance
    }

    /// - Parameter requestsPerMinute: how many of them this user has; this is one.
    /// - Throws: `TooManyRequests`.
    public static func run(
        _ userID: String, requestsPerMinute: Int, on store: some Querying
    ) async throws -> Counts {
        let rows = try await store.query(
            PostgresStatement(Self.sql, [.text(userID), .int8(Int64(requestsPerMinute))]))
        let allowance = try CountRequest.read(rows, limit: requestsPerMinute)
        return Counts(
            version: try rows.first?.decode("version", as: Int64.self) ?? 0,
            unread: Int(try rows.first?.decode("unread", as: Int64.self) ?? 0),
            unseen: Int(try rows.first?.decode("unseen", as: Int64.self) ?? 0), allowance: allowance)
    }
}
