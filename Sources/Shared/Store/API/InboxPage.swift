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
    package static func sql(_ filter: Filter?) -> String { self.sql(filter, of: .one) }

    /// The same of many users, each as though they had asked alone.
    package static func sqlOfMany(_ filter: Filter?) -> String { self.sql(filter, of: .many) }

    private static func sql(_ filter: Filter?, of askers: CountRequest.Askers) -> String {
        let condition =
            switch filter {
            case nil: "i.archived_at IS NULL"
            case .unread: "i.read_at IS NULL AND i.archived_at IS NULL"
            case .read: "i.read_at IS NOT NULL AND i.archived_at IS NULL"
            case .archived: "i.archived_at IS NOT NULL"
            case .all: "true"
            }
        // Of one whom it is told, the planner may know how much there is.
        let user = askers == .one ? "$1" : "a.user_id"
        return """
            \(CountRequest.with(limit: 5, of: askers)), asker AS MATERIALIZED (
                SELECT a.user_id, a.place, a.requests, a.seconds_left,
                    coalesce((SELECT h.version FROM inbox_heads h WHERE h.user_id = a.user_id), 0) AS version
                FROM allowance a
            )
            SELECT a.place, a.requests, a.seconds_left, a.version, i.*
            FROM asker a
            LEFT JOIN LATERAL (
                SELECT \(InboxItemColumns.list) FROM inbox i
                WHERE a.requests IS NOT NULL AND i.user_id = \(user) AND i.state = 'delivered' AND \(condition)
                  AND i.seq < $2 AND ($4::text IS NULL OR i.event_type = $4)
                  AND (SELECT 1 FROM cancellations c WHERE c.id = i.id AND c.service_id = i.service_id LIMIT 1) IS NULL
                ORDER BY i.seq DESC
                LIMIT $3
            ) i ON true
            ORDER BY a.place, i.seq DESC
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
        public let items: [InboxItem]
        public let allowance: RequestAllowance

        public init(version: Int64, items: [InboxItem], allowance: RequestAllowance) {
            self.version = version
            self.items = items
            self.allowance = allowance
        }
    }

    /// - Parameter requestsPerMinute: how many of them this user has; this is one.
    /// - Throws: `TooManyRequests`.
    public static func run(
        _ query: Query, of userID: String, requestsPerMinute: Int, on store: some Querying
    ) async throws -> Page {
        let rows = try await store.query(
            PostgresStatement(
                Self.sql(query.filter), [.text(userID)] + Self.parameters(query, requestsPerMinute: requestsPerMinute)))
        return try Self.read(rows[...], limit: requestsPerMinute)
    }

    /// The same page of many users in one statement and one snapshot.
    ///
    /// - Parameters:
    ///   - userIDs: each at most once.
    ///   - requestsPerMinute: how many of them each user has; this is one of each.
    /// - Returns: theirs, in the order of `userIDs`.
    public static func run(
        _ query: Query, of userIDs: [String], requestsPerMinute: Int, on store: some Querying
    ) async throws -> [Result<Page, TooManyRequests>] {
        let parameters = Self.parameters(query, requestsPerMinute: requestsPerMinute)
        let rows = try await store.query(
            userIDs.count == 1
                ? PostgresStatement(Self.sql(query.filter), [.text(userIDs[0])] + parameters)
                : PostgresStatement(Self.sqlOfMany(query.filter), [.textArray(userIDs)] + parameters))
        return try Self.read(rows, of: userIDs.count, requestsPerMinute: requestsPerMinute)
    }

    /// The pages of so many users, in the order of their places.
    static func read(
        _ rows: PostgresRows, of users: Int, requestsPerMinute: Int
    ) throws -> [Result<Page, TooManyRequests>] {
        var pages: [Result<Page, TooManyRequests>] = []
        var start = rows.startIndex
        while start < rows.endIndex {
            let place = try rows[start].decode(Self.place, as: Int64.self)
            let rest = rows[start...]
            let end = try rest.firstIndex { try $0.decode(Self.place, as: Int64.self) != place } ?? rows.endIndex
            // A page under another one's place would be shown to somebody else.
            guard place == pages.count + 1 else { throw Self.misplaced }
            do {
                pages.append(.success(try Self.read(rows[start..<end], limit: requestsPerMinute)))
            } catch let error as TooManyRequests {
                pages.append(.failure(error))
            }
            start = end
        }
        guard pages.count == users else { throw Self.misplaced }
        return pages
    }

    /// Where the statement has the column of this name.
    private static let place = 0
    private static let misplaced = PostgresError(code: .decoding, message: "a page has its asker's place")

    /// `$2` and those after it.
    private static func parameters(_ query: Query, requestsPerMinute: Int) -> [PostgresValue] {
        [
            .int8(query.before ?? .max), .int8(Int64(query.limit)), .text(query.eventType),
            .int8(Int64(requestsPerMinute)),
        ]
    }

    /// - Parameter rows: of one user.
    private static func read(_ rows: Slice<PostgresRows>, limit: Int) throws -> Page {
        let allowance = try CountRequest.read(rows, limit: limit)
        let version = try rows.first?.decode("version", as: Int64.self) ?? 0
        // Who has nothing has one row without any of it.
        guard let first = rows.first, try first.decode("seq", as: Int64?.self) != nil else {
            return Page(version: version, items: [], allowance: allowance)
        }
        let columns = try InboxItemColumns(of: first)
        return Page(version: version, items: try rows.map(columns.read), allowance: allowance)
    }
}
