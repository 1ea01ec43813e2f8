import ArgumentParser
import Operations
import Store

struct EventTypeDisableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Have the API refuse an event type. What was accepted before is still delivered.")

    @Argument(help: "The name of the event type.")
    var name: String

    func run() async throws {
        let name = self.name
        let audit = try Surroundings.audit()
        guard try await Surroundings.withDatabase({ try await DisableEventType.run(name, on: $0) }) else {
            throw CommandFailure("there is no event type \(name)")
        }
        audit.write(AuditLine(.disableEventType, by: Surroundings.actor, outcome: "disabled", eventType: name))
        print("\(name): the API refuses it within 5 seconds")
    }
}
