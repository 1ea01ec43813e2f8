public import FoundationEssentials
public import Notifications
internal import Postgres

/// Takes due rows out of the outbox. The claim is the delete: until its transaction commits the rows are locked, and a
/// crash frees them as they were.
public enum ClaimDue {
    /// Index: `outbox_order (shard, due_at, id)`. The clock stands in a sub-select, so that it is read once and bounds
    /// the index scan; a bare `clock_timestamp()` is volatile, and would be asked anew for every row of the future.
    package static let sql = """
        DELETE FROM outbox o
        WHERE o.shard = $1 AND o.ctid = ANY (ARRAY(
            SELECT d.ctid FROM outbox d
            WHERE d.shard = $1 AND (d.due_at, d.id) >= ($2, $3) AND d.due_at <= (SELECT clock_timestamp())
            ORDER BY d.due_at, d.id
            LIMIT $4
            FOR UPDATE SKIP LOCKED
        ))
        RETURNING o.id, o.service_id, o.user_id, o.due_at, o.revision, o.accepted_at, o.scheduled_at, o.traceparent,
            o.payload,
            clock_timestamp() AS claimed_at,
            EXISTS (SELECT FROM cancellations c WHERE c.id = o.id AND c.service_id = o.service_id) AS cancelled
        """

    /// A claimed row.
    public struct Row: Sendable {
        public let id: NotificationID
        public let service: UUID
        public let userID: String
        public let dueAt: Instant
        public let revision: Int32
        public let acceptedAt: Instant
        public let scheduledAt: Instant
        /// As it was stored, for the record's header; ``trace`` is what it says.
        public let traceparent: String?
        public let payload: [UInt8]
        public let claimedAt: Instant
        /// It has a tombstone, and goes no further.
        public let isCancelled: Bool

        public var trace: TraceContext? { self.traceparent.flatMap { TraceContext($0) } }
        public var place: OutboxPlace { OutboxPlace(dueAt: self.dueAt, id: self.id) }
    }

    /// - Parameters:
    ///   - low: nothing earlier is looked at; it spares the walk over entries that are dead but not yet vacuumed.
    ///   - limit: at most so many rows.
    /// - Returns: the claimed rows, earliest first. Empty also where others hold all that is due.
    public static func run(
        shard: Int32, low: OutboxPlace, limit: Int32, on store: some Querying
    ) async throws -> [Row] {
        let parameters: [PostgresValue] = [
            .int4(shard), .instant(low.dueAt), .uuid(low.id.uuid), .int8(Int64(limit)),
        ]
        return try await store.query(PostgresStatement(Self.sql, parameters))
            .map { try Row($0) }
            .sorted { $0.place < $1.place }
    }
}

extension ClaimDue.Row {
    /// By place, in the order of `RETURNING`: by name, each would be looked for in every row.
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            id: NotificationID(uuid: try row.decode(0, as: UUID.self)), service: try row.decode(1, as: UUID.self),
            userID: try row.decode(2, as: String.self), dueAt: try row.instant(3),
            revision: try row.decode(4, as: Int32.self), acceptedAt: try row.instant(5),
            scheduledAt: try row.instant(6), traceparent: try row.decode(7, as: String?.self),
            payload: try row.decode(8, as: [UInt8].self), claimedAt: try row.instant(9),
            isCancelled: try row.decode(10, as: Bool.self))
    }
}
