public import FoundationEssentials
public import Notifications
internal import Postgres

/// Gathers all that is stored of one notification. A service finds only what it sent itself.
public enum FindHistory {
    /// Index: the primary key of `outbox`, `(shard, id)`.
    private static let pending = """
        SELECT due_at, revision, scheduled_at, traceparent, payload FROM outbox
        WHERE shard = $1 AND id = $2 AND service_id = $3
        """

    /// Index: `idempotency_keys_by_id (service_id, id)`.
    private static let key = """
        SELECT accepted_at, other_body_at FROM idempotency_keys WHERE service_id = $1 AND id = $2
        """

    /// Index: `inbox_by_service (service_id, accepted_at, id)`.
    private static let decision = """
        SELECT \(InboxColumns.list) FROM inbox i
        WHERE i.service_id = $1 AND i.accepted_at = $2 AND i.id = $3
        """

    /// Index: the primary key of `cancellations`, `(id, service_id)`.
    private static let tombstone = """
        SELECT requested_at, answer, decided_at, scheduled_at, due_at, payload FROM cancellations
        WHERE id = $1 AND service_id = $2
        """

    /// Index: the primary key of `reschedules`, `(id, service_id)`.
    private static let reschedule = "SELECT rescheduled_at FROM reschedules WHERE id = $1 AND service_id = $2"

    /// Index: `dead_letters_by_service (service_id, id)`.
    private static let deadLetters = """
        SELECT recorded_at, reason, topic || '/' || partition || '/' || record_offset AS origin, record_value, traceparent,
            settled, settled_at
        FROM dead_letters WHERE service_id = $1 AND id = $2 ORDER BY recorded_at LIMIT 100
        """

    /// The outbox is read before the inbox: what moves from one to the other meanwhile is then seen twice rather than
    /// not at all.
    ///
    /// - Parameter shards: how many the outbox has.
    /// - Returns: an empty history where nothing has stored the id, or another service sent it.
    public static func run(
        _ id: NotificationID, of service: UUID, shards: Int32, reading read: PayloadReader, on store: some Querying
    ) async throws -> History {
        let byShard: [PostgresValue] = [.int4(id.shard(of: shards)), .uuid(id.uuid), .uuid(service)]
        let byService: [PostgresValue] = [.uuid(service), .uuid(id.uuid)]
        let byID: [PostgresValue] = [.uuid(id.uuid), .uuid(service)]
        var history = History()
        history.pending = try await store.query(PostgresStatement(Self.pending, byShard)).first.map { row in
            var notification = try read(row.decode("payload", as: [UInt8].self), row.trace("traceparent"))
            notification.dueAt = try row.instant("due_at")
            notification.revision = try row.decode("revision", as: Int32.self)
            return History.Pending(notification: notification, scheduledAt: try row.instant("scheduled_at"))
        }
        var acceptedAt = id.acceptedAt
        if acceptedAt == nil, let key = try await store.query(PostgresStatement(Self.key, byService)).first {
            acceptedAt = try key.instant("accepted_at")
            history.keyedAt = acceptedAt
            history.otherBodyAt = try key.optionalInstant("other_body_at")
        }
        if let acceptedAt {
            history.decision = try await store.query(
                PostgresStatement(Self.decision, [.uuid(service), .instant(acceptedAt), .uuid(id.uuid)])
            ).first.map(InboxColumns.read)
        }
        history.tombstone = try await store.query(PostgresStatement(Self.tombstone, byID)).first.map { row in
            var notification = try row.decode("payload", as: [UInt8]?.self).map { try read($0, nil) }
            if let dueAt = try row.optionalInstant("due_at") { notification?.dueAt = dueAt }
            return History.Tombstone(
                requestedAt: try row.instant("requested_at"),
                answer: try row.decode("answer", as: String?.self).flatMap(CancelAnswer.init(rawValue:)),
                decidedAt: try row.optionalInstant("decided_at"),
                notification: notification,
                scheduledAt: try row.optionalInstant("scheduled_at"))
        }
        history.rescheduledAt = try await store.query(PostgresStatement(Self.reschedule, byID)).first.map {
            try $0.instant("rescheduled_at")
        }
        history.deadLetters = try await store.query(PostgresStatement(Self.deadLetters, byService)).map { row in
            History.Dead(
                at: try row.instant("recorded_at"), reason: try row.decode("reason", as: String.self),
                origin: try row.decode("origin", as: String.self),
                // It is here because it could not be processed: not being readable either is no news.
                notification: try row.decode("record_value", as: [UInt8]?.self).flatMap {
                    try? read($0, row.trace("traceparent"))
                }, settled: try Self.settled(row))
        }
        return history
    }

    private static func settled(_ row: PostgresRow) throws -> History.Dead.Settled? {
        switch try row.decode("settled", as: String?.self).flatMap(Settlement.init(rawValue:)) {
        case .replayed: .replayed(try row.instant("settled_at"))
        case .discarded: .discarded(try row.instant("settled_at"))
        case nil: nil
        }
    }
}
