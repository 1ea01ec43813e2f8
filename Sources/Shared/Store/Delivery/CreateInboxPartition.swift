public import Notifications
public import Postgres

/// Makes the inbox partition of a week, if it is not there.
public enum CreateInboxPartition {
    private static let lock: Int64 = 0x6e6f_7469_6670

    /// Created and then attached: `ATTACH PARTITION` lets readers and writers of the other weeks go on, where `CREATE
    /// TABLE … PARTITION OF` would lock them all out. The check constraint spares the attaching its scan.
    ///
    /// - Parameter pool: it runs in a transaction of its own, under an advisory lock.
    public static func run(_ week: Week, on pool: PostgresPool) async throws {
        let table = week.partitionName
        let range = "due_at >= '\(week.start)' AND due_at < '\(week.end)'"
        try await pool.transaction { connection in
            _ = try await connection.query(
                PostgresStatement("SELECT pg_advisory_xact_lock($1)", [.int8(Self.lock)]))
            let isThere = try await connection.query(
                PostgresStatement("SELECT to_regclass($1) IS NOT NULL AS found", [.text(table)])
            ).first?.decode("found", as: Bool.self)
            guard isThere != true else { return }
            // Names and bounds are made of a number, and DDL takes no parameters.
            try await connection.execute(
                script: """
                    CREATE TABLE \(table) (LIKE inbox INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
                    ALTER TABLE \(table) ADD CONSTRAINT \(table)_range CHECK (\(range) AND due_at IS NOT NULL);
                    ALTER TABLE inbox ATTACH PARTITION \(table) FOR VALUES FROM ('\(week.start)') TO ('\(week.end)');
                    ALTER TABLE \(table) DROP CONSTRAINT \(table)_range;
                    """)
        }
    }
}
