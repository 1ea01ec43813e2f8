public import FoundationEssentials
public import Notifications
public import Postgres

/// The second half of a cancel: looks whether the inbox had it, and stores the answer. The first writer's answer stays.
public enum DecideCancel {
    /// Index: `inbox_by_service (service_id, accepted_at, id)`; for a derived id, whose acceptance time is not in it,
    /// `idempotency_keys_by_id (service_id, id)` first.
    static let look = """
        SELECT i.user_id FROM inbox i
        WHERE i.service_id = $1 AND i.id = $2 AND i.state = 'delivered'
          AND i.accepted_at = coalesce(
            $3::timestamptz, (SELECT k.accepted_at FROM idempotency_keys k WHERE k.service_id = $1 AND k.id = $2))
        """

    /// Index: the primary key of `inbox_heads`, `(user_id)`.
    private static let raiseHead = "UPDATE inbox_heads SET version = version + 1 WHERE user_id = $1 RETURNING version"

    /// Index: the primary key of `outbox`, `(shard, id)`. A claimed row is left: the tombstone suffices.
    private static let takeOut = """
        DELETE FROM outbox o
        WHERE o.shard = $1 AND o.id IN (
            SELECT d.id FROM outbox d WHERE d.shard = $1 AND d.id = $2 AND d.service_id = $3 FOR UPDATE SKIP LOCKED)
        RETURNING o.user_id, o.accepted_at, o.scheduled_at, o.due_at, o.payload
        """

    /// Index: the primary key of `cancellations`, `(id, service_id)`. The lock waits for whoever is answering at this moment,
    /// and then sees their answer.
    private static let answer = """
        UPDATE cancellations c SET
            answer = coalesce(c.answer, $3), decided_at = coalesce(c.decided_at, clock_timestamp()),
            user_id = coalesce(c.user_id, $4), accepted_at = coalesce(c.accepted_at, $5),
            scheduled_at = coalesce(c.scheduled_at, $6), payload = coalesce(c.payload, $7),
            due_at = coalesce(c.due_at, $8)
        FROM (SELECT answer FROM cancellations WHERE id = $1 AND service_id = $2 FOR UPDATE) AS was
        WHERE c.id = $1 AND c.service_id = $2
        RETURNING c.answer, c.decided_at, c.user_id, was.answer IS NULL AS is_first
        """

    public struct Answer: Sendable {
        public let answer: CancelAnswer
        public let decidedAt: Instant
        /// It was decided by this call, and not before.
        public let isFirst: Bool
        /// For whom it was, where that is known: in the inbox, or in the outbox when it was cancelled.
        public let userID: String?
        /// Whose inbox changed by it, and its new version.
        public let changed: (userID: String, version: Int64)?
    }

    /// - Parameter pool: it runs in a transaction of its own, with locks in the order head, outbox, tombstone.
    /// - Returns: `nil` where there is no tombstone (it was pruned).
    public static func run(
        _ id: NotificationID, of service: UUID, shards: Int32, on pool: PostgresPool
    ) async throws -> Answer? {
        try await pool.transaction { connection in
            let user = try await connection.query(
                PostgresStatement(Self.look, [.uuid(service), .uuid(id.uuid), .instant(id.acceptedAt)])
            ).first?.decode("user_id", as: String.self)
            var changed: (userID: String, version: Int64)?
            if let user {
                changed = try await connection.query(PostgresStatement(Self.raiseHead, [.text(user)])).first.map {
                    (user, try $0.decode("version", as: Int64.self))
                }
            }
            let taken = try await connection.query(
                PostgresStatement(Self.takeOut, [.int4(id.shard(of: shards)), .uuid(id.uuid), .uuid(service)])
            ).first
            let answer: CancelAnswer = user == nil ? .cancelled : .recalled
            let row = try await connection.query(
                PostgresStatement(
                    Self.answer,
                    [
                        .uuid(id.uuid), .uuid(service), .text(answer.rawValue),
                        .text(try taken?.decode("user_id", as: String.self)),
                        .instant(try taken?.instant("accepted_at")), .instant(try taken?.instant("scheduled_at")),
                        .bytea(try taken?.decode("payload", as: [UInt8].self)),
                        .instant(try taken?.instant("due_at")),
                    ])
            ).first
            return try row.map {
                Answer(
                    answer: CancelAnswer(rawValue: try $0.decode("answer", as: String.self)) ?? answer,
                    decidedAt: try $0.instant("decided_at"), isFirst: try $0.decode("is_first", as: Bool.self),
                    userID: try user ?? $0.decode("user_id", as: String?.self), changed: changed)
            }
        }
    }
}
