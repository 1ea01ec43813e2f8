import ArgumentParser

struct EventTypeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "event-type", abstract: "The kinds of notification that services may send.",
        subcommands: [EventTypeAddCommand.self, EventTypeListCommand.self, EventTypeDisableCommand.self])
}
