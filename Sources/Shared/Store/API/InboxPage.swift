public import Notifications
internal import Postgres

/// What a user got, newest first, and the version of the inbox that it is true for.
public enum InboxPage {
    /// Which of it. Without one: whatever is not archived.
    public enum Filter: String, Sendable, CaseIterable {
        /// Neither read nor archived.
        case unread
        /// Read, and not archived.
        case read
        case archived
        /// All of it, archived too.
        case all
    }

    /// Index: `inbox_unread`, `inbox_archived` or else `inbox_history`, each `(user_id, seq DESC)`, and the primary keys
    /// of `inbox_heads` and `cancellations`. One statement, one snapshot: version and rows belong together. The
    /// anti-join is written so that the planner goes along the index and stops at the limit; see `ListSent`.
    package static func sql(_ filter: Filter?) -> String {
        let condition =
            switch filter {
            case nil: "i.archived_at IS NULL"
            case .unread: "i.read_at IS NULL AND i.archived_at IS NULL"
            case .read: "i.read_at IS NOT NULL AND i.archived_at IS NULL"
            case .archived: "i.archived_at IS NOT NULL"
            case .all: "true"
            }
        return """
            \(CountRequest.with(limit: 5))
            SELECT a.requests, a.seconds_left, v.version, i.*
            FROM allowance a
            CROSS JOIN (SELECT coalesce((SELECT h.version FROM inbox_heads h WHERE h.user_id = $1), 0) AS version) v
            LEFT JOIN LATERAL (
                SELECT \(InboxColumns.list) FROM inbox i
                WHERE a.requests IS NOT NULL AND i.user_id = $1 AND i.state = 'delivered' AND \(condition)
                  AND i.seq < $2 AND ($4::text IS NULL OR i.event_type = $4)
                  AND (SELECT 1 FROM cancellations c WHERE c.id = i.id AND c.service_id = i.service_id LIMIT 1) IS NULL
                ORDER BY i.seq DESC
                LIMIT $3
            ) i ON true
            ORDER BY i.seq DESC
            """
    }

    /// What is asked for.
    public struct Query: Sendable, Hashable {
        public var filter: Filter?
        public var eventType: String?
        /// Only what has a lower `seq`; `nil` begins with the newest.
        public var before: Int64?
        /// At most so many.
        public var limit: Int

        public init(filter: Filter? = nil, eventType: String? = nil, before: Int64? = nil, limit: Int) {
            self.filter = filter
            self.eventType = eventType
            self.before = before
            self.limit = limit
        }
    }

    public struct Page: Sendable {
        public let version: Int64
        public let items: [History.Decision]
        public let allowance: RequestAllowance
    }

    /// - Parameter requestsPerMinute: how many of them this user has; this is one.
    /// - Throws: `TooManyRequests`.
    public static func run(
        _ query: Query, of userID: String, requestsPerMinute: Int, on store: some Querying
    ) async throws -> Page {
        let rows = try await store.query(
            PostgresStatement(
                Self.sql(query.filter),
                [
                    .text(userID), .int8(query.before ?? .max), .int8(Int64(query.limit)), .text(query.eventType),
                    .int8(Int64(requestsPerMinute)),
                ]))
        let allowance = try CountRequest.read(rows, limit: requestsPerMinute)
        let version = try rows.first?.decode("version", as: Int64.self) ?? 0
        let items = try rows.compactMap { row in
            try row.decode("state", as: String?.self) == nil ? nil : try InboxColumns.read(row)
        }
        return Page(version: version, items: items, allowance: allowance)
    }
}
