public import FoundationEssentials
public import Notifications
internal import Postgres

/// Cancels whose API died, or lost Postgres, between the tombstone and the answer.
public enum FindUndecidedCancels {
    /// Index: `cancellations_undecided (requested_at) WHERE answer IS NULL`.
    private static let sql = """
        SELECT id, service_id FROM cancellations
        WHERE answer IS NULL AND requested_at < clock_timestamp() - make_interval(secs => $1)
        ORDER BY requested_at
        LIMIT $2
        """

    /// - Parameter seconds: younger ones are left to whoever is answering them.
    public static func run(
        olderThan seconds: Double, limit: Int, on store: some Querying
    ) async throws -> [(id: NotificationID, service: UUID)] {
        try await store.query(PostgresStatement(Self.sql, [.float8(seconds), .int8(Int64(limit))])).map {
            (try $0.id("id"), try $0.decode("service_id", as: UUID.self))
        }
    }
}
