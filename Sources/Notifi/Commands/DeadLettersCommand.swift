import ArgumentParser

struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters", abstract: "What could not be processed, with its origin and the reason.",
        subcommands: [DeadLettersListCommand.self])
}
