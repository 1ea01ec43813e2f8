public import Notifications
internal import Postgres

/// Decides what becomes of each notification and writes it into the inbox: one row a decision, one statement for all.
///
/// The heads of the users are locked (`TakeSeqs`), so nobody else writes their inboxes meanwhile, and this statement sees
/// whatever was committed before: what it counts is exact.
public enum InsertInbox {
    /// In this order: what has a tombstone, a newer revision, an erased user or a decision already is left out; then
    /// expired; switched off; over the limit; delivered. Sub-selects with a LIMIT are looked up row by row, by index,
    /// whatever the planner thinks of the size of a batch. What is there already is counted once a user and minute, for
    /// its first row.
    ///
    /// There is no `ON CONFLICT DO NOTHING`: under the heads' locks the look for a decision decides, and it took a fifth of
    /// the server's time for a batch (each row is looked up, written as a speculation and confirmed). The unique key
    /// still stands: of two writers without the lock the second one fails.
    ///
    /// Index: the primary key of `inbox`, `(user_id, id, due_at)`, lets a redelivery find its decision and change nothing
    /// (P2), and where something was rescheduled, also one that was made for its earlier time (should Postgres' clock have
    /// stepped back, it may be moved though it was published); the primary keys of `cancellations` and `reschedules`, `(id, service_id)`, of `erased_users` and of
    /// `preferences`, `(user_id, event_type)`; `inbox_limited (user_id, due_at)`. `event_types` is small.
    package static let sql = """
        WITH fresh AS (
            SELECT n.*, coalesce(t.critical, false) AS critical, t.on_by_default,
                row_number() OVER (PARTITION BY n.user_id, n.id, n.due_at ORDER BY n.place) AS occurrence
            FROM unnest(
                    $1::text[], $2::uuid[], $3::timestamptz[], $4::int8[], $5::uuid[], $6::text[], $7::text[], $8::text[],
                    $9::text[], $10::text[], $11::text[], $12::bool[], $13::int4[], $14::timestamptz[],
                    $15::timestamptz[], $16::timestamptz[], $17::text[])
                WITH ORDINALITY AS n (
                    user_id, id, due_at, seq, service_id, event_type, priority, title, message, action_url, data,
                    scheduled, revision, expires_at, accepted_at, claimed_at, traceparent, place)
            LEFT JOIN event_types t ON t.name = n.event_type
            WHERE (SELECT 1 FROM cancellations c WHERE c.id = n.id AND c.service_id = n.service_id LIMIT 1) IS NULL
              AND (SELECT 1 FROM reschedules r
                WHERE r.id = n.id AND r.service_id = n.service_id AND r.revision > n.revision LIMIT 1) IS NULL
              AND \(ErasedUser.isNot("n.user_id", acceptedAt: "n.accepted_at"))
              AND (SELECT 1 FROM inbox i
                WHERE i.user_id = n.user_id AND i.id = n.id AND i.due_at = n.due_at LIMIT 1) IS NULL
              -- The same acceptance is the same notification. A CASE, since this looks into every partition.
              AND CASE WHEN n.revision > 0 THEN (SELECT 1 FROM inbox i
                WHERE i.user_id = n.user_id AND i.id = n.id AND i.accepted_at = n.accepted_at LIMIT 1) IS NULL
                ELSE true END
        ), judged AS (
            SELECT *, date_trunc('minute', due_at, 'UTC') AS minute, CASE
                WHEN expires_at <= clock_timestamp() THEN 'expired'
                WHEN due_at < clock_timestamp() - make_interval(hours => 24 * $18) THEN 'expired'
                WHEN critical THEN 'passes'
                WHEN coalesce((
                    SELECT p.enabled FROM preferences p
                    WHERE p.user_id = fresh.user_id AND p.event_type = fresh.event_type LIMIT 1), on_by_default, true)
                THEN 'counts'
                ELSE 'unwanted' END AS verdict
            FROM fresh WHERE occurrence = 1
        ), placed AS (
            SELECT *, row_number() OVER (PARTITION BY user_id, minute, verdict ORDER BY place) AS place_in_minute
            FROM judged
        ), counted AS (
            SELECT *, place_in_minute + max(CASE WHEN verdict = 'counts' AND place_in_minute = 1 THEN (
                SELECT count(*) FROM (
                    SELECT FROM inbox i
                    WHERE i.user_id = placed.user_id AND i.state = 'delivered' AND NOT i.critical
                        AND i.due_at >= placed.minute AND i.due_at < placed.minute + interval '1 minute'
                    ORDER BY i.due_at LIMIT $19) there
                ) END) OVER (PARTITION BY user_id, minute, verdict) > $19 AS is_over
            FROM placed
        )
        INSERT INTO inbox (
            user_id, id, due_at, state, reason, critical, seq, service_id, event_type, priority, title, message,
            action_url, data, scheduled, revision, expires_at, accepted_at, claimed_at, traceparent)
        SELECT user_id, id, due_at,
            CASE WHEN verdict = 'expired' THEN 'expired' WHEN verdict = 'unwanted' OR is_over THEN 'suppressed'
                ELSE 'delivered' END,
            CASE WHEN verdict = 'unwanted' THEN 'preference' WHEN is_over THEN 'rate-limit' END,
            critical, seq, service_id, event_type, priority, title, message, action_url, data, scheduled, revision,
            expires_at, accepted_at, claimed_at, traceparent
        FROM counted
        RETURNING id, state, reason, due_at, delivered_at
        """

    /// What the operator chose.
    public struct Limits: Sendable, Hashable {
        /// What is due longer ago has expired.
        public let retentionDays: Int32
        /// The most that are delivered to a user in a calendar minute (UTC) of their due time, critical ones aside.
        public let perUserAndMinute: Int64

        public init(retentionDays: Int32, perUserAndMinute: Int64) {
            self.retentionDays = retentionDays
            self.perUserAndMinute = perUserAndMinute
        }
    }

    /// A row that was not there before.
    public struct Written: Sendable {
        public let id: NotificationID
        public let outcome: History.Outcome
        public let dueAt: Instant
        public let decidedAt: Instant

        public var isDelivered: Bool { self.outcome == .delivered }
    }

    static func statement(
        _ rows: [(notification: Notification, seq: Int64)], limits: Limits
    ) -> PostgresStatement {
        let all = rows.map(\.notification)
        return PostgresStatement(
            Self.sql,
            [
                .textArray(all.map(\.userID)), .ids(all.map(\.id)), .instants(all.map(\.dueAt)),
                .int8Array(rows.map(\.seq)), .uuidArray(all.map(\.service)),
                .textArray(all.map(\.content.eventType)), .textArray(all.map(\.content.priority.rawValue)),
                .textArray(all.map(\.content.title)), .textArray(all.map(\.content.message)),
                .textArray(all.map(\.content.actionURL)), .textArray(all.map(\.content.data)),
                .boolArray(all.map(\.isScheduled)), .int4Array(all.map(\.revision)),
                .instants(all.map(\.expiresAt)), .instants(all.map(\.acceptedAt)),
                .instants(all.map(\.claimedAt)), .textArray(all.map { $0.trace?.description }),
                .int4(limits.retentionDays), .int8(limits.perUserAndMinute),
            ])
    }

    /// - Parameter rows: each with its number from `TakeSeqs`, taken in the same transaction.
    /// - Returns: what is new. What is missing there was decided before, has a tombstone, was rescheduled, or belongs to
    ///   an erased user.
    /// - Throws: `PostgresError`; a unique violation where somebody wrote one of them without the lock. The next try finds
    ///   theirs.
    public static func run(
        _ rows: [(notification: Notification, seq: Int64)], limits: Limits, on store: some Querying
    ) async throws -> [Written] {
        guard !rows.isEmpty else { return [] }
        return try await store.query(Self.statement(rows, limits: limits)).map {
            Written(
                id: try $0.id("id"), outcome: try InboxColumns.outcome($0), dueAt: try $0.instant("due_at"),
                decidedAt: try $0.instant("delivered_at"))
        }
    }
}
