public import Notifications
public import Postgres

/// Puts a detached partition back where it was. Its rows are seen again, as they were.
public enum ReattachPartition {
    /// Detaching has left a check constraint of the bounds, which spares the attaching its scan.
    public static func run(_ partition: InboxPartition, on connection: PostgresConnection) async throws {
        let lower = partition.start.map { "'\($0)'" } ?? "MINVALUE"
        let upper = partition.end.map { "'\($0)'" } ?? "MAXVALUE"
        try await connection.execute(
            script: """
                ALTER TABLE inbox ATTACH PARTITION \(partition.name) FOR VALUES FROM (\(lower)) TO (\(upper));
                COMMENT ON TABLE \(partition.name) IS NULL
                """)
    }
}
