public import Notifications
public import Postgres

/// Makes the inbox partition of a week, or of what other partitions leave of it.
public enum CreateInboxPartition {
    private static let lock: Int64 = 0x6e6f_7469_6670

    /// Created and then attached: `ATTACH PARTITION` lets readers and writers of the other weeks go on, where `CREATE
    /// TABLE … PARTITION OF` would lock them all out. The check constraint spares the attaching its scan.
    ///
    /// - Parameter pool: it runs in a transaction of its own, under an advisory lock.
    /// - Returns: the names of the tables that it made; none where the week was there.
    @discardableResult
    public static func run(_ week: Week, on pool: PostgresPool) async throws -> [String] {
        try await pool.transaction { connection in
            _ = try await connection.query(
                PostgresStatement("SELECT pg_advisory_xact_lock($1)", [.int8(Self.lock)]))
            var made: [String] = []
            for gap in week.gaps(besides: try await ListInboxPartitions.run(on: connection)) {
                made.append(try await self.create(gap, of: week, on: connection))
            }
            return made
        }
    }

    private static func create(
        _ gap: Range<Instant>, of week: Week, on connection: PostgresConnection
    ) async throws -> String {
        let table = try await self.freeName(for: week, on: connection)
        let (start, end) = (gap.lowerBound, gap.upperBound)
        let range = "due_at >= '\(start)' AND due_at < '\(end)'"
        // Names and bounds are made of numbers, and DDL takes no parameters.
        try await connection.execute(
            script: """
                CREATE TABLE \(table) (LIKE inbox INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
                ALTER TABLE \(table) ADD CONSTRAINT \(table)_range CHECK (\(range) AND due_at IS NOT NULL);
                ALTER TABLE inbox ATTACH PARTITION \(table) FOR VALUES FROM ('\(start)') TO ('\(end)');
                ALTER TABLE \(table) DROP CONSTRAINT \(table)_range;
                """)
        return table
    }

    /// A table of the week's name may be there and be no partition any more: detached and not yet dropped, or somebody's.
    private static func freeName(for week: Week, on connection: PostgresConnection) async throws -> String {
        var name = week.partitionName
        var number = 1
        while try await connection.query("SELECT to_regclass($1) IS NOT NULL AS found", [.text(name)])[0]
            .decode("found", as: Bool.self)
        {
            number += 1
            name = "\(week.partitionName)_\(number)"
        }
        return name
    }
}
