import Notifications
import Postgres
import Testing

@testable import Store

extension Live {
    @Suite struct Migrations {
        private func migrator(_ database: TestDatabase) -> Migrator { Migrator(pool: database.pool, logger: quiet) }

        private func tables(_ database: TestDatabase) async throws -> [String] {
            try await database.pool.query(
                "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
            ).map { try $0.decode("name", as: String.self) }
        }

        /// Neither `migrate` nor `verify` takes the database, and neither changes it.
        private func expectRefused(_ database: TestDatabase, _ error: MigrationError) async throws {
            let before = try await self.tables(database)
            await #expect(throws: error) { try await self.migrator(database).migrate() }
            #expect(try await self.tables(database) == before)
        }

        @Test func everythingOnceAndThenNothing() async throws {
            try await withDatabase(.nothing) { database async throws in
                #expect(try await self.migrator(database).migrate() == Migration.all.map(\.name))
                let tables = try await self.tables(database)
                #expect(tables.contains("notifi_migrations"))
                for table in ["inbox", "inbox_heads", "outbox", "cancellations", "tokens", "event_types"] {
                    #expect(tables.contains(table))
                }
                #expect(try await self.migrator(database).migrate() == [])
                #expect(try await self.tables(database) == tables)
                try await self.migrator(database).verify()
            }
        }

        @Test func ofSeveralAtOnceOneDoesTheWork() async throws {
            try await withDatabase(.nothing) { database async throws in
                let results = try await withThrowingTaskGroup(of: [String].self) { group async throws in
                    for _ in 0..<4 {
                        group.addTask { try await self.migrator(database).migrate() }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(results.filter { !$0.isEmpty } == [Migration.all.map(\.name)])
                try await self.migrator(database).verify()
            }
        }

        @Test func verifyNamesWhatIsPendingAndChangesNothing() async throws {
            try await withDatabase(.nothing) { database async throws in
                await #expect(throws: MigrationError.pending(Migration.all.map(\.name))) {
                    try await self.migrator(database).verify()
                }
                #expect(try await self.tables(database) == [])
            }
        }

        /// An older version left off somewhere; and it refuses what the newer one made.
        @Test func whatIsMissingIsAdded() async throws {
            try await withDatabase(.nothing) { database async throws in
                let last = try #require(Migration.all.last)
                let older = Migrator(pool: database.pool, logger: quiet, migrations: Migration.all.dropLast())
                #expect(try await older.migrate() == Migration.all.dropLast().map(\.name))
                let before = try await self.tables(database)
                await #expect(throws: MigrationError.pending([last.name])) {
                    try await self.migrator(database).verify()
                }
                #expect(try await self.tables(database) == before)
                #expect(try await self.migrator(database).migrate() == [last.name])
                try await self.migrator(database).verify()
                await #expect(throws: MigrationError.newerDatabase(number: last.number, name: last.name)) {
                    try await older.verify()
                }
            }
        }

        /// All or nothing: what ran before the step that fails is undone as well.
        @Test func aStepThatFailsLeavesNothing() async throws {
            try await withDatabase(.nothing) { database async throws in
                // A type is no table, so the database passes for empty; but a table of that name cannot be made.
                _ = try await database.pool.query("CREATE TYPE inbox AS (a integer)")
                await #expect(throws: PostgresError.self) { try await self.migrator(database).migrate() }
                #expect(try await self.tables(database) == [])
                _ = try await database.pool.query("DROP TYPE inbox")
                #expect(try await self.migrator(database).migrate() == Migration.all.map(\.name))
            }
        }

        @Test func aNewerDatabaseIsRefused() async throws {
            try await withDatabase { database async throws in
                let number = Int32(Migration.all.count) + 1
                _ = try await database.pool.query(
                    "INSERT INTO notifi_migrations (number, name, checksum) VALUES ($1, 'later', 1)", [.int4(number)])
                let error = MigrationError.newerDatabase(number: number, name: "later")
                try await self.expectRefused(database, error)
                await #expect(throws: error) { try await self.migrator(database).verify() }
            }
        }

        @Test func aChangedMigrationIsRefused() async throws {
            try await withDatabase { database async throws in
                _ = try await database.pool.query(
                    "UPDATE notifi_migrations SET checksum = checksum + 1 WHERE number = 1")
                let name = Migration.all[0].name
                let error = MigrationError.changed(number: 1, ours: name, theirs: name)
                try await self.expectRefused(database, error)
                await #expect(throws: error) { try await self.migrator(database).verify() }
            }
        }

        @Test func aGapIsRefused() async throws {
            try await withDatabase { database async throws in
                _ = try await database.pool.query("DELETE FROM notifi_migrations WHERE number = 1")
                try await self.expectRefused(database, .gap(expected: 1, found: 2))
            }
        }

        @Test func somebodyElsesDatabaseIsRefused() async throws {
            try await withDatabase(.nothing) { database async throws in
                try await database.pool.withConnection { connection async throws in
                    try await connection.execute(script: "CREATE TABLE zoo (a int); CREATE TABLE animals (a int)")
                }
                try await self.expectRefused(database, .foreignTables(["animals", "zoo"]))
            }
        }

        @Test func theFirstEventTypesAreThere() async throws {
            try await withDatabase { database async throws in
                let types = try await LoadEventTypes.run(on: database.pool)
                #expect(types.map(\.name) == ["new_message", "status_change", "system_alert"])
                #expect(types.allSatisfy { $0.isOnByDefault && !$0.isCritical && !$0.isDisabled })
            }
        }
    }
}
