public import Notifications
internal import Postgres

/// When the next row of a shard is due.
public enum NextDue {
    /// Index: `outbox_order (shard, due_at, id)`.
    static let sql = """
        SELECT o.due_at, (extract(epoch FROM o.due_at - clock_timestamp()) * 1000000)::int8 AS wait
        FROM outbox o
        WHERE o.shard = $1 AND (o.due_at, o.id) >= ($2, $3)
        ORDER BY o.due_at, o.id
        LIMIT 1
        """

    /// - Returns: its time, and how long until then by Postgres' clock, in microseconds (negative where others hold
    ///   what is due already); `nil` where nothing is waiting.
    public static func run(
        shard: Int32, low: OutboxPlace, on store: some Querying
    ) async throws -> (dueAt: Instant, waitMicroseconds: Int64)? {
        let parameters: [PostgresValue] = [.int4(shard), .instant(low.dueAt), .uuid(low.id.uuid)]
        return try await store.query(PostgresStatement(Self.sql, parameters)).first.map {
            (try $0.instant("due_at"), try $0.decode("wait", as: Int64.self))
        }
    }
}
