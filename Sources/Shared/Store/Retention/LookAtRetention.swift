public import Notifications
internal import Postgres

/// What the keeper has to know before it decides.
public enum LookAtRetention {
    /// Index: the primary key of `retention_looks`.
    private static let last = """
        SELECT clock_timestamp() AS now, l.looked_at, l.steady_since
        FROM (SELECT true AS single) o LEFT JOIN retention_looks l ON l.single = o.single
        """

    /// - Parameter now: the daemon's clock, read when the answer is there: it is never behind Postgres' for the sake of
    ///   the wait.
    public static func run(now: () -> Instant, on store: some Querying) async throws -> RetentionPlan.View {
        let partitions = try await ListInboxPartitions.run(on: store)
        let row = try await store.query(PostgresStatement(Self.last))[0]
        let lastLook = try row.optionalInstant("looked_at").map {
            RetentionPlan.Look(at: $0, steadySince: try row.instant("steady_since"))
        }
        return RetentionPlan.View(
            partitions: partitions, postgresNow: try row.instant("now"), daemonNow: now(), lastLook: lastLook)
    }
}
