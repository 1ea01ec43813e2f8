import ArgumentParser
import Store

struct DeadLettersListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Dead letters, the newest first.")

    @Option(help: "Which: \(Standing.allCases.map(\.rawValue).joined(separator: ", ")).")
    var state: Standing = .open

    @OptionGroup
    var options: DeadLetterOptions

    @Option(help: "How many at most, 1 to 10000.")
    var limit: Int = 50

    @Flag(help: "One JSON object a line.")
    var json = false

    enum Standing: String, ExpressibleByArgument, CaseIterable {
        case open, replayed, discarded, all

        var filter: DeadLetterFilter.Standing? {
            switch self {
            case .open: .open
            case .replayed: .settled(.replayed)
            case .discarded: .settled(.discarded)
            case .all: nil
            }
        }
    }

    func validate() throws {
        guard (1...10_000).contains(self.limit) else { throw ValidationError("--limit has to be from 1 to 10000") }
    }

    func run() async throws {
        let (filter, limit) = (self.options.filter(self.state.filter), self.limit)
        let rows = try await Surroundings.withDatabase { try await ListDeadLetters.run(filter, limit: limit, on: $0) }
        if self.json {
            for row in rows { print(try DeadLetterView(row).json) }
        } else if rows.isEmpty {
            print("no dead letters")
        } else {
            print(Self.text(rows))
        }
    }

    static func text(_ rows: [ListDeadLetters.Row]) -> String {
        Table.text(
            ["RECORDED", "ORIGIN", "ID", "USER", "ATTEMPTS", "STATE", "REASON"],
            rows.map { row in
                [
                    "\(row.recordedAt)", "\(row.origin)", row.id.map { "\($0)" } ?? "-", row.userID ?? "-",
                    String(row.attempts), row.settled?.how.rawValue ?? "open", row.reason,
                ]
            })
    }
}
