import ArgumentParser
import Notifications
import Store

struct EventTypeListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "All event types.")

    func run() async throws {
        let types = try await Surroundings.withDatabase { try await LoadEventTypes.run(on: $0) }
        print(
            Table.text(
                ["NAME", "LABEL", "DEFAULT", "CRITICAL", "STATE"],
                types.sorted { $0.name < $1.name }.map { type in
                    [
                        type.name, type.label, type.isOnByDefault ? "on" : "off", type.isCritical ? "yes" : "no",
                        type.isDisabled ? "disabled" : "enabled",
                    ]
                }))
    }
}
