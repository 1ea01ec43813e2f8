public import Notifications
internal import Postgres

/// Which notifications are older than the inbox's retention, and due in a partition that is just leaving it. Postgres 15
/// still lets a statement that also reads the inbox write into it; where it does not, no row can be written for them until
/// it is gone. Nobody would see one either way.
public enum FindRetiring {
    /// Index: those of the catalogue.
    private static let sql = """
        WITH partitions AS (\(ListInboxPartitions.sql))
        SELECT n.place - 1 AS place FROM unnest($1::timestamptz[]) WITH ORDINALITY AS n (due_at, place)
        WHERE n.due_at < clock_timestamp() - make_interval(hours => 24 * $2) AND EXISTS (
            SELECT FROM partitions p
            WHERE p.attachment = 'pending' AND coalesce(p.lower_bound <= n.due_at, true)
                AND coalesce(n.due_at < p.upper_bound, true))
        """

    /// - Returns: the places of these among them.
    public static func run(
        _ notifications: [Notification], retentionDays: Int32, on store: some Querying
    ) async throws -> Set<Int> {
        let rows = try await store.query(
            PostgresStatement(Self.sql, [.instants(notifications.map(\.dueAt)), .int4(retentionDays)]))
        return Set(try rows.map { Int(try $0.decode("place", as: Int64.self)) })
    }
}
