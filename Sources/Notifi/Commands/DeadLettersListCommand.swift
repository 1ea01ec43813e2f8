import ArgumentParser
import Store

struct DeadLettersListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The newest dead letters.")

    @Option(help: "How many at most, 1 to 10000.")
    var limit: Int = 50

    func validate() throws {
        guard (1...10_000).contains(self.limit) else { throw ValidationError("--limit has to be from 1 to 10000") }
    }

    func run() async throws {
        let limit = self.limit
        let rows = try await Surroundings.withDatabase { try await ListDeadLetters.run(limit: limit, on: $0) }
        guard !rows.isEmpty else {
            print("no dead letters")
            return
        }
        print(
            Table.text(
                ["RECORDED", "ORIGIN", "ID", "USER", "ATTEMPTS", "REASON"],
                rows.map { row in
                    [
                        "\(row.recordedAt)", "\(row.topic)[\(row.partition)]@\(row.offset)",
                        row.id.map { "\($0)" } ?? "-", row.userID ?? "-", String(row.attempts), row.reason,
                    ]
                }))
    }
}
