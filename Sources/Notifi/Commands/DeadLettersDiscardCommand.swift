import ArgumentParser
import Foundation
import Operations
import Store

struct DeadLettersDiscardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard", abstract: "Let dead letters go for good: they stay in trails, and are never replayed.",
        discussion: """
            What is chosen by a filter or --all is counted first and has to be confirmed; --yes is for scripts. At most \
            \(DeadLetterChoice.most) go at once.
            """)

    @OptionGroup
    var choice: DeadLetterChoice

    @Flag(help: "Without asking.")
    var yes = false

    func run() async throws {
        let (choice, yes) = (self.choice, self.yes)
        let audit = try Surroundings.audit()
        let done = try await Surroundings.withDatabase { pool in
            let (rows, areMore) = try await choice.rows(on: pool)
            if choice.isWide, !yes, !rows.isEmpty { try Self.ask(rows.count) }
            let count = try await DeadLetterSettling(settlement: .discarded, audit: audit)
                .run(rows, on: pool)
            return (count: count, of: rows.count, areMore: areMore)
        }
        print(DeadLetterTally.text(.discarded, count: done.count, of: done.of, areMore: done.areMore))
    }

    private static func ask(_ count: Int) throws {
        FileHandle.standardError.write(Data("Discard \(count) dead letters for good? Type the number again: ".utf8))
        guard readLine() == String(count) else { throw CommandFailure("nothing was discarded") }
    }
}

/// What replay and discard tell when they are done.
enum DeadLetterTally {
    static func text(_ settlement: Settlement, count: Int, of chosen: Int, areMore: Bool) -> String {
        var text = "\(settlement.rawValue) \(count)"
        if count < chosen { text += "; \(chosen - count) were settled by somebody else meanwhile, or are gone" }
        if areMore { text += "; there are more: call it again" }
        return text
    }
}
