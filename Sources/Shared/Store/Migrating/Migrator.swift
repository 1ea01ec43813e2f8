public import Logging
public import Postgres

/// Brings a database to this version's schema.
public struct Migrator: Sendable {
    private let pool: PostgresPool
    private let logger: Logger
    private let migrations: [Migration]

    /// Any number that nobody else uses; all Notifi programs take this one.
    private static let advisoryLock: Int64 = 0x6e6f_7469_6669

    public init(pool: PostgresPool, logger: Logger) {
        self.init(pool: pool, logger: logger, migrations: Migration.all)
    }

    /// - Parameter migrations: those of this version, or of an older one.
    init(pool: PostgresPool, logger: Logger, migrations: [Migration]) {
        self.pool = pool
        self.logger = logger
        self.migrations = migrations
    }

    /// Runs what is missing, in one transaction under an advisory lock: of several that start at once one does the work
    /// and the others find it done. Cancelling rolls back.
    ///
    /// - Returns: the names of what ran, in order.
    /// - Throws: `MigrationError` where the database does not match, `PostgresError` otherwise.
    public func migrate() async throws -> [String] {
        try await self.pool.transaction { connection in
            // The lock and the work may take longer than a query of the pipeline may.
            try await connection.execute(script: "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
            _ = try await connection.query(
                PostgresStatement("SELECT pg_advisory_xact_lock($1)", [.int8(Self.advisoryLock)]))
            if try await !self.isOurs(connection) { try await self.begin(on: connection) }
            let pending = try await self.pending(on: connection)
            for migration in pending {
                self.logger.info("migrating", metadata: ["migration": "\(migration.number) \(migration.name)"])
                try await connection.execute(script: migration.sql)
                _ = try await connection.query(
                    PostgresStatement(
                        "INSERT INTO notifi_migrations (number, name, checksum) VALUES ($1, $2, $3)",
                        [.int4(migration.number), .text(migration.name), .int8(migration.checksum)]))
            }
            return pending.map(\.name)
        }
    }

    /// - Throws: `MigrationError.pending` where `migrate()` has something to do, or why the database is refused.
    public func verify() async throws {
        let pending = try await self.pool.withConnection { connection in
            guard try await self.isOurs(connection) else { return self.migrations }
            return try await self.pending(on: connection)
        }
        guard pending.isEmpty else { throw MigrationError.pending(pending.map(\.name)) }
    }

    private func isOurs(_ connection: PostgresConnection) async throws -> Bool {
        try await connection.query("SELECT to_regclass('notifi_migrations') IS NOT NULL AS found").first?
            .decode("found", as: Bool.self) ?? false
    }

    /// - Throws: `MigrationError.foreignTables` for a database that somebody else uses.
    private func begin(on connection: PostgresConnection) async throws {
        let tables = try await connection.query(
            """
            SELECT tablename::text AS name FROM pg_tables
            WHERE schemaname = current_schema() ORDER BY tablename LIMIT 5
            """
        ).map { try $0.decode("name", as: String.self) }
        guard tables.isEmpty else { throw MigrationError.foreignTables(tables) }
        try await connection.execute(
            script: """
                CREATE TABLE notifi_migrations (
                    number integer PRIMARY KEY,
                    name text NOT NULL,
                    checksum bigint NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
                )
                """)
    }

    private func pending(on connection: PostgresConnection) async throws -> [Migration] {
        let applied = try await connection.query(
            "SELECT number, name, checksum FROM notifi_migrations ORDER BY number"
        ).map {
            AppliedMigration(
                number: try $0.decode("number", as: Int32.self), name: try $0.decode("name", as: String.self),
                checksum: try $0.decode("checksum", as: Int64.self))
        }
        return try MigrationPlan.pending(of: self.migrations, after: applied)
    }
}
