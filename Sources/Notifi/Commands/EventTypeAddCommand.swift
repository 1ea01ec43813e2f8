import ArgumentParser
import Notifications
import Operations
import Store

struct EventTypeAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add an event type, or change the one of that name; a disabled one is enabled.")

    @Argument(help: "1 to 64 of a-z 0-9 _ . - beginning with a letter.")
    var name: String

    @Option(help: "What people read in their preferences. Without: the name.")
    var label: String?

    @Flag(help: "People who have not chosen don't get it.")
    var offByDefault = false

    @Flag(help: "It cannot be switched off, and passes the limit of a user.")
    var critical = false

    func validate() throws {
        guard EventType.isValidName(self.name) else {
            throw ValidationError("a name has 1 to 64 of a-z 0-9 _ . - and begins with a letter")
        }
        guard !(self.critical && self.offByDefault) else {
            throw ValidationError("a critical one cannot be off by default")
        }
    }

    func run() async throws {
        let audit = try Surroundings.audit()
        let type = EventType(
            name: self.name, label: self.label ?? self.name, isOnByDefault: !self.offByDefault,
            isCritical: self.critical)
        try await Surroundings.withDatabase { try await PutEventType.run(type, on: $0) }
        audit.write(
            AuditLine(.putEventType, by: Surroundings.actor, outcome: "enabled", eventType: type.name))
        print("\(type.name): the API takes it within 5 seconds")
    }
}
