public import FoundationEssentials
public import Notifications
internal import Postgres

/// What a service sent, newest first.
public enum ListSent {
    /// Index: `inbox_by_service`, `outbox_by_service`, `cancellations_by_service`, each `(service_id, accepted_at DESC,
    /// id DESC)`, and `dead_letters_by_service`. Each branch yields at most as many as are asked for, and an id comes
    /// out of one branch alone: a tombstone before a decision, a decision before the outbox, the outbox before a dead
    /// letter. Anti-joins are written as `(SELECT … LIMIT 1) IS NULL`: for `NOT EXISTS` or a `LEFT JOIN` the planner
    /// expects almost no row to be left, and then reads whole tables instead of stopping at the limit. Branches that
    /// cannot have the wanted status are left out by a condition that is checked once.
    static let sql = """
        SELECT * FROM (
            (SELECT i.id, i.accepted_at, CASE
                    WHEN i.state = 'suppressed' THEN 'suppressed:' || i.reason
                    WHEN i.state <> 'delivered' THEN i.state
                    WHEN c.answer IS NOT NULL THEN c.answer
                    WHEN i.read_at IS NOT NULL THEN 'read'
                    ELSE i.state END AS status,
                NULL::bytea AS payload, i.user_id, i.due_at, i.state, i.reason, i.seq, i.service_id, i.event_type,
                i.priority, i.title, i.message, i.action_url, i.data, i.scheduled, i.revision, i.expires_at,
                i.claimed_at, i.delivered_at, i.read_at, i.seen_at, i.archived_at, i.traceparent
            FROM inbox i, LATERAL (SELECT (
                SELECT coalesce(t.answer, 'recalled') FROM cancellations t
                WHERE t.id = i.id AND t.service_id = i.service_id LIMIT 1) AS answer) c
            WHERE i.service_id = $1 AND (i.accepted_at, i.id) < ($2, $3) AND ($4::text IS NULL OR i.user_id = $4)
                AND ($5 OR c.answer IS NULL OR i.state <> 'delivered')
                AND ($6::text IS NULL OR $6 NOT IN ('scheduled', 'dead-lettered'))
                AND ($6::text IS NULL OR $6 = CASE
                    WHEN i.state = 'suppressed' THEN 'suppressed:' || i.reason
                    WHEN i.state <> 'delivered' THEN i.state
                    WHEN c.answer IS NOT NULL THEN c.answer
                    WHEN i.read_at IS NOT NULL THEN 'read'
                    ELSE i.state END)
            ORDER BY i.accepted_at DESC, i.id DESC LIMIT $7)
            UNION ALL
            (SELECT o.id, o.accepted_at, 'scheduled', o.payload, o.user_id, o.due_at, NULL, NULL, NULL, o.service_id,
                NULL, NULL, NULL, NULL, NULL, NULL, NULL, o.revision, NULL, NULL, NULL, NULL, NULL, NULL, o.traceparent
            FROM outbox o
            WHERE o.service_id = $1 AND (o.accepted_at, o.id) < ($2, $3) AND ($4::text IS NULL OR o.user_id = $4)
                AND ($6::text IS NULL OR $6 = 'scheduled')
                AND (SELECT 1 FROM cancellations c WHERE c.id = o.id AND c.service_id = o.service_id LIMIT 1) IS NULL
                AND (SELECT 1 FROM inbox i
                    WHERE i.service_id = o.service_id AND i.accepted_at = o.accepted_at AND i.id = o.id
                    LIMIT 1) IS NULL
            ORDER BY o.accepted_at DESC, o.id DESC LIMIT $7)
            UNION ALL
            (SELECT c.id, c.accepted_at, coalesce(c.answer, 'cancelled'), c.payload, c.user_id, c.due_at, NULL, NULL, NULL,
                c.service_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
            FROM cancellations c
            WHERE $5 AND c.service_id = $1 AND c.payload IS NOT NULL AND (c.accepted_at, c.id) < ($2, $3)
                AND ($4::text IS NULL OR c.user_id = $4)
                AND ($6::text IS NULL OR $6 = coalesce(c.answer, 'cancelled'))
                AND (SELECT 1 FROM inbox i
                    WHERE i.service_id = c.service_id AND i.accepted_at = c.accepted_at AND i.id = c.id
                    LIMIT 1) IS NULL
            ORDER BY c.accepted_at DESC, c.id DESC LIMIT $7)
            UNION ALL
            (SELECT DISTINCT ON (d.accepted_at, d.id) d.id, d.accepted_at, 'dead-lettered', d.record_value, d.user_id,
                NULL, NULL, NULL, NULL, d.service_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                NULL, NULL, NULL, d.traceparent
            FROM dead_letters d
            WHERE d.service_id = $1 AND d.id IS NOT NULL AND d.accepted_at IS NOT NULL
                AND d.settled IS DISTINCT FROM 'replayed'
                AND (d.accepted_at, d.id) < ($2, $3) AND ($4::text IS NULL OR d.user_id = $4)
                AND ($6::text IS NULL OR $6 = 'dead-lettered')
                AND (SELECT 1 FROM cancellations c WHERE c.id = d.id AND c.service_id = d.service_id LIMIT 1) IS NULL
                AND (SELECT 1 FROM inbox i
                    WHERE i.service_id = d.service_id AND i.accepted_at = d.accepted_at AND i.id = d.id
                    LIMIT 1) IS NULL
                AND (SELECT 1 FROM outbox o
                    WHERE o.service_id = d.service_id AND o.accepted_at = d.accepted_at AND o.id = d.id
                    LIMIT 1) IS NULL
            ORDER BY d.accepted_at DESC, d.id DESC LIMIT $7)
        ) AS sent
        ORDER BY accepted_at DESC, id DESC
        LIMIT $8 OFFSET $9
        """

    /// What is asked for.
    public struct Query: Sendable, Hashable {
        /// Only what comes after this one.
        public var after: Place?
        public var user: String?
        public var status: String?
        /// Whether cancelled and recalled ones are listed too.
        public var withDeleted: Bool
        public var limit: Int
        public var offset: Int

        public init(after: Place?, user: String?, status: String?, withDeleted: Bool, limit: Int, offset: Int) {
            self.after = after
            self.user = user
            self.status = status
            self.withDeleted = withDeleted
            self.limit = limit
            self.offset = offset
        }
    }

    /// A place in the list.
    public struct Place: Sendable, Hashable {
        public let acceptedAt: Instant
        public let id: NotificationID

        public init(acceptedAt: Instant, id: NotificationID) {
            self.acceptedAt = acceptedAt
            self.id = id
        }

        /// After every notification: 9999-12-31.
        static let first = Place(
            acceptedAt: Instant(microseconds: 253_402_214_400_000_000),
            id: NotificationID(uuid: UUID(bytes: [UInt8](repeating: 0xFF, count: 16))))
    }

    public struct Row: Sendable {
        public let place: Place
        public let state: State
        public let userID: String?
        /// `nil` where only a dead letter is left that nobody can read.
        public let notification: Notification?
    }

    public static func run(
        _ query: Query, of service: UUID, reading read: PayloadReader, on store: some Querying
    ) async throws -> [Row] {
        let after = query.after ?? .first
        let reach = Int64(query.limit) + Int64(query.offset)
        return try await store.query(
            PostgresStatement(
                Self.sql,
                [
                    .uuid(service), .instant(after.acceptedAt), .uuid(after.id.uuid), .text(query.user),
                    .bool(query.withDeleted), .text(query.status), .int8(reach), .int8(Int64(query.limit)),
                    .int8(Int64(query.offset)),
                ])
        ).map { row in
            var notification: Notification?
            if let payload = try row.decode("payload", as: [UInt8]?.self) {
                notification = try? read(payload, row.trace("traceparent"))
                if let dueAt = try row.optionalInstant("due_at") { notification?.dueAt = dueAt }
                if let revision = try row.decode("revision", as: Int32?.self) { notification?.revision = revision }
            } else if try row.decode("state", as: String?.self) != nil {
                notification = try InboxColumns.read(row).notification
            }
            return Row(
                place: Place(acceptedAt: try row.instant("accepted_at"), id: try row.id("id")),
                state: State(try row.decode("status", as: String.self)) ?? .deadLettered,
                userID: try row.decode("user_id", as: String?.self), notification: notification)
        }
    }
}
