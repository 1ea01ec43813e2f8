import ArgumentParser
import Store

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database to this version's schema. Repeating it changes nothing.")

    func run() async throws {
        let names = try await Surroundings.withDatabase { pool in
            try await Migrator(pool: pool, logger: Surroundings.logger).migrate()
        }
        print(names.isEmpty ? "nothing to migrate" : names.map { "migrated: \($0)" }.joined(separator: "\n"))
    }
}
