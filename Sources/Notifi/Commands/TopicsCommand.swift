import ArgumentParser

struct TopicsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics", abstract: "The topics that Notifi needs.",
        subcommands: [TopicsCreateCommand.self, TopicsListCommand.self])
}
