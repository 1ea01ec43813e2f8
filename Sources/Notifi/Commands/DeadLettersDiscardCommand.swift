import ArgumentParser
import Operations
import Store

struct DeadLettersDiscardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard", abstract: "Let dead letters go for good: they stay in trails, and are never replayed.")

    @OptionGroup
    var choice: DeadLetterChoice

    func run() async throws {
        let choice = self.choice
        let count = try await Surroundings.withDatabase { pool in
            var count = 0
            for row in try await choice.rows(on: pool) {
                if try await SettleDeadLetter.run(row, as: .discarded, by: Operator.name, on: pool) { count += 1 }
            }
            return count
        }
        print("discarded \(count)")
    }
}
