import ArgumentParser
import Store

struct EventTypeDisableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Have the API refuse an event type. What was accepted before is still delivered.")

    @Argument(help: "The name of the event type.")
    var name: String

    func run() async throws {
        let name = self.name
        guard try await Surroundings.withDatabase({ try await DisableEventType.run(name, on: $0) }) else {
            throw CommandFailure("there is no event type \(name)")
        }
        print("\(name): the API refuses it within 5 seconds")
    }
}
