internal import Notifications
public import Postgres

/// Marks all that a user has not read, and did not archive, as read or as seen, up to a number.
public enum MarkAll {
    public enum Mark: Sendable, CaseIterable {
        /// Which marks as seen too.
        case read
        case seen
    }

    /// Rows of one chunk.
    public static let chunkSize = 1_000

    /// Index: `inbox_unread (user_id, seq DESC)` from `$2` downwards, at most `$3` rows whether or not they are still to
    /// be marked, so that a chunk is bounded; and the primary keys of `inbox_heads` and `cancellations`. A range of
    /// numbers and no join: for that the planner might read all that the user has, once a chunk. Where nothing changes
    /// no version is raised.
    static func sql(_ mark: Mark) -> String {
        let (set, condition) =
            switch mark {
            case .read:
                ("read_at = statement_timestamp(), seen_at = coalesce(i.seen_at, statement_timestamp())", "true")
            case .seen: ("seen_at = statement_timestamp()", "i.seen_at IS NULL")
            }
        return """
            WITH page AS MATERIALIZED (
                SELECT i.seq FROM inbox i
                WHERE i.user_id = $1 AND i.state = 'delivered' AND i.read_at IS NULL AND i.archived_at IS NULL
                  AND i.seq <= $2
                ORDER BY i.seq DESC
                LIMIT $3
            ), marked AS (
                UPDATE inbox i SET \(set)
                WHERE i.user_id = $1 AND i.state = 'delivered' AND i.read_at IS NULL AND i.archived_at IS NULL
                  AND i.seq <= $2 AND i.seq >= (SELECT min(p.seq) FROM page p) AND \(condition)
                  AND (SELECT 1 FROM cancellations c WHERE c.id = i.id AND c.service_id = i.service_id LIMIT 1) IS NULL
                RETURNING i.id
            ), raised AS (
                UPDATE inbox_heads h SET version = h.version + 1
                WHERE h.user_id = $1 AND EXISTS (SELECT FROM marked)
                RETURNING h.version
            )
            SELECT (SELECT count(*) FROM marked) AS marked, (SELECT count(*) FROM page) AS passed,
                (SELECT min(p.seq) FROM page p) AS lowest, (SELECT r.version FROM raised r) AS version
            """
    }

    /// How far it has got. It begins with the number up to which is to be marked.
    public struct Progress: Sendable {
        /// Where the next chunk begins; `nil` when all is done.
        public private(set) var next: Int64?
        public private(set) var marked = 0
        /// The inbox' last version that this has made; `nil` where it changed nothing so far.
        public private(set) var version: Int64?
        /// From the first chunk on.
        public private(set) var allowance: RequestAllowance?

        public init(upTo seq: Int64) {
            self.next = seq
        }

        fileprivate mutating func passed(_ row: PostgresRow, chunkSize: Int) throws {
            self.marked += Int(try row.decode("marked", as: Int64.self))
            if let version = try row.decode("version", as: Int64?.self) { self.version = version }
            let lowest = try row.decode("lowest", as: Int64?.self)
            let isLast = try row.decode("passed", as: Int64.self) < Int64(chunkSize)
            self.next = isLast ? nil : lowest.map { $0 - 1 }
        }

        fileprivate mutating func began(with allowance: RequestAllowance) { self.allowance = allowance }

        fileprivate mutating func hasNothing() { self.next = nil }
    }

    /// Marks the next chunk, in a transaction of its own: between two of them others get hold of the head. Whatever came
    /// in after the number was known has a higher one, however early it was due.
    ///
    /// - Parameter requestsPerMinute: how many of them this user has; the first chunk is one.
    /// - Throws: `TooManyRequests`.
    public static func next(
        _ progress: Progress, _ mark: Mark, of userID: String, requestsPerMinute: Int, chunkSize: Int = Self.chunkSize,
        on pool: PostgresPool
    ) async throws -> Progress {
        guard let from = progress.next else { return progress }
        return try await pool.transaction { connection in
            var progress = progress
            if progress.allowance == nil {
                progress.began(with: try await CountRequest.run(userID, limit: requestsPerMinute, on: connection))
            }
            guard try await LockHead.run(userID, on: connection),
                let row = try await connection.query(
                    PostgresStatement(Self.sql(mark), [.text(userID), .int8(from), .int8(Int64(chunkSize))])
                ).first
            else {
                progress.hasNothing()
                return progress
            }
            try progress.passed(row, chunkSize: chunkSize)
            return progress
        }
    }
}
