import FoundationEssentials
import Notifications
import Postgres

/// One transaction of a sweep.
struct SweepPart: Sendable {
    let userID: String
    let instant: Instant
    let limit: Int

    /// Index: the primary key of `inbox_heads`, `(user_id)`. Where there is no head one is made, as `TakeSeqs` makes it,
    /// so that whoever writes the first row right now is waited for.
    private static let lock = """
        INSERT INTO inbox_heads AS h (user_id, version)
        VALUES ($1, (extract(epoch FROM clock_timestamp()) * 1000000)::int8)
        ON CONFLICT (user_id) DO UPDATE SET version = h.version + 1
        RETURNING h.version, h.xmax = 0 AS is_new
        """

    /// Index: the primary key of `inbox`, `(user_id, id, due_at)`; partitions that are being detached have the same.
    private static func inbox(_ table: String) -> String {
        """
        DELETE FROM \(table) i
        USING (
            SELECT d.id, d.due_at FROM \(table) d WHERE d.user_id = $1 AND d.accepted_at <= $2 LIMIT $3) AS old
        WHERE i.user_id = $1 AND i.id = old.id AND i.due_at = old.due_at
        RETURNING i.id, i.service_id
        """
    }

    /// Index: `outbox_by_user (user_id)`. A claimed row is on its way into `deliveries`, and is stopped there.
    private static let outbox = """
        DELETE FROM outbox o
        USING (
            SELECT d.shard, d.id FROM outbox d WHERE d.user_id = $1 AND d.accepted_at <= $2
            LIMIT $3 FOR UPDATE SKIP LOCKED) AS old
        WHERE o.shard = old.shard AND o.id = old.id
        RETURNING o.id, o.service_id
        """

    /// Index: the primary key of `idempotency_keys`, `(user_id, id)`. In its order, as routers lock them.
    private static let keys = """
        DELETE FROM idempotency_keys k
        USING (
            SELECT d.id FROM idempotency_keys d WHERE d.user_id = $1 AND d.accepted_at <= $2
            ORDER BY d.id LIMIT $3 FOR UPDATE) AS old
        WHERE k.user_id = $1 AND k.id = old.id
        RETURNING k.id, k.service_id
        """

    /// Index: `cancellations_by_user (user_id)`. In the order in which others lock them.
    private static let cancellations = """
        DELETE FROM cancellations c
        USING (
            SELECT d.id, d.service_id FROM cancellations d
            WHERE d.user_id = $1 AND coalesce(d.accepted_at, d.requested_at) <= $2
            ORDER BY d.id LIMIT $3 FOR UPDATE) AS old
        WHERE c.id = old.id AND c.service_id = old.service_id
        RETURNING c.id, c.service_id
        """

    /// Index: the primary key of `cancellations`, `(id, service_id)`. Tombstones of what was in the inbox name no user.
    private static let cancellationsOf = """
        DELETE FROM cancellations c
        USING (
            SELECT d.id, d.service_id FROM cancellations d
            JOIN unnest($1::uuid[], $2::uuid[]) AS n (id, service_id) ON d.id = n.id AND d.service_id = n.service_id
            ORDER BY d.id FOR UPDATE OF d) AS old
        WHERE c.id = old.id AND c.service_id = old.service_id
        """

    /// Index: the primary key of `reschedules`, `(id, service_id)`.
    private static let reschedulesOf = """
        DELETE FROM reschedules r USING unnest($1::uuid[], $2::uuid[]) AS n (id, service_id)
        WHERE r.id = n.id AND r.service_id = n.service_id
        """

    /// Index: `dead_letters_by_user (user_id)` and `dead_letters_by_key (record_key)`. Of what nobody can read only the
    /// broker's time is known.
    private static let deadLetters = """
        DELETE FROM dead_letters l WHERE l.ctid = ANY (ARRAY(
            SELECT d.ctid FROM dead_letters d
            WHERE (d.user_id = $1 OR d.record_key = convert_to($1, 'UTF8'))
              AND coalesce(d.accepted_at, d.record_at) <= $2
            LIMIT $3 FOR UPDATE))
        """

    /// Index: the primary key of `preferences`, `(user_id, event_type)`.
    private static let preferences = "DELETE FROM preferences WHERE user_id = $1 AND changed_at <= $2"

    /// Index: the primary key of `inbox_requests`, `(user_id)`.
    private static let requestCounts = "DELETE FROM inbox_requests WHERE user_id = $1 AND minute <= $2"

    /// Index: the primary keys of `inbox_heads` and `inbox`. Of somebody who came back it stays.
    private static let head = """
        DELETE FROM inbox_heads h
        WHERE h.user_id = $1 AND (SELECT 1 FROM inbox i WHERE i.user_id = $1 LIMIT 1) IS NULL
        """

    /// - Returns: what is gone by it, nothing when all is; and the version of the inbox, `nil` where it had none.
    func run(on connection: PostgresConnection) async throws -> (removed: SweepUser.Removed, version: Int64?) {
        let limited = self.parameters
        let bounded = Array(limited.prefix(2))
        var removed = SweepUser.Removed()
        // Before the head, as the marks of a person lock them.
        removed.requestCounts = try await connection.query(PostgresStatement(Self.requestCounts, bounded)).affected
        let head = try await connection.query(PostgresStatement(Self.lock, [.text(self.userID)]))[0]
        let isNew = try head.decode("is_new", as: Bool.self)
        var ids: [(id: NotificationID, service: UUID)] = []
        for table in try await self.inboxTables(on: connection) {
            let found = try await self.delete(Self.inbox(table), on: connection)
            removed.notifications += found.count
            ids += found
        }
        let scheduled = try await self.delete(Self.outbox, on: connection)
        let keys = try await self.delete(Self.keys, on: connection)
        let cancellations = try await self.delete(Self.cancellations, on: connection)
        ids += scheduled + keys + cancellations
        let byID: [PostgresValue] = [.ids(ids.map(\.id)), .uuidArray(ids.map(\.service))]
        removed.scheduled = scheduled.count
        removed.idempotencyKeys = keys.count
        removed.cancellations =
            cancellations.count
            + (try await connection.query(PostgresStatement(Self.cancellationsOf, byID)).affected)
        removed.reschedules = try await connection.query(PostgresStatement(Self.reschedulesOf, byID)).affected
        removed.deadLetters = try await connection.query(PostgresStatement(Self.deadLetters, limited)).affected
        removed.preferences = try await connection.query(PostgresStatement(Self.preferences, bounded)).affected
        if removed.total == 0 { _ = try await connection.query(PostgresStatement(Self.head, [.text(self.userID)])) }
        return (removed, isNew ? nil : try head.decode("version", as: Int64.self))
    }

    private var parameters: [PostgresValue] {
        [.text(self.userID), .instant(self.instant), .int8(Int64(self.limit))]
    }

    private func delete(
        _ sql: String, on connection: PostgresConnection
    ) async throws -> [(id: NotificationID, service: UUID)] {
        try await connection.query(PostgresStatement(sql, self.parameters)).map {
            (try $0.id("id"), try $0.decode("service_id", as: UUID.self))
        }
    }

    /// The inbox, and what is on its way out of it: readers no longer see that, but it is there until it is dropped.
    private func inboxTables(on connection: PostgresConnection) async throws -> [String] {
        try await ["inbox"]
            + ListInboxPartitions.run(on: connection).filter { $0.attachment != .attached }.map(\.name)
    }
}
