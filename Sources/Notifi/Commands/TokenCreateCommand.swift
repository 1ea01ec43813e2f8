import ArgumentParser
import Foundation
import Notifications
import Operations
import Store

struct TokenCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Give a service another token, and make the service if there is none of that name.",
        discussion: """
            The token is printed once, alone on standard output; only its hash is stored. To rotate: create another one, \
            let the service use it, then revoke the old one. What was sent before stays the service's.
            """)

    @Option(help: "The name of the service, 1 to 128 bytes.")
    var service: String

    @Option(help: "What it may do, separated by commas: send, read, cancel, admin.", transform: Scopes.read)
    var scopes: [String] = Scopes.all

    @Option(
        help: ArgumentHelp("The event types that it may send, separated by commas. Without: all.", valueName: "names"),
        transform: Scopes.readEventTypes)
    var eventTypes: [String]?

    @Option(
        help: ArgumentHelp(
            "Requests that it may make in a minute, or none for the API's default. Each notification of a batch counts.",
            valueName: "number"),
        transform: RequestLimit.read)
    var limit = RequestLimit(requestsPerMinute: nil)

    func validate() throws {
        guard (1...128).contains(self.service.utf8.count) else {
            throw ValidationError("--service has to have 1 to 128 bytes")
        }
    }

    func run() async throws {
        let audit = try Surroundings.audit()
        let secret = ServiceSecret.make()
        let (service, scopes, eventTypes) = (self.service, self.scopes, self.eventTypes)
        let limit = self.limit.requestsPerMinute
        let made = try await Surroundings.withDatabase { pool in
            let known = Set(try await LoadEventTypes.run(on: pool).map(\.name))
            if let unknown = eventTypes?.first(where: { !known.contains($0) }) {
                throw CommandFailure("there is no event type \(unknown): see notifi event-type list, or add it first")
            }
            return try await AddToken.run(
                serviceName: service, hash: secret.hash, scopes: scopes, eventTypes: eventTypes,
                requestsPerMinute: limit, on: pool)
        }
        audit.write(
            AuditLine(
                .createToken, by: Surroundings.actor, outcome: "created", service: service, tokenID: made.token))
        FileHandle.standardError.write(
            Data("token \(made.token.uuidString.lowercased()) of \(service); valid within 5 seconds\n".utf8))
        print(secret.text)
    }
}

/// Lists on the command line.
enum Scopes {
    /// What a token gets where nothing else is said.
    static let all = ["send", "read", "cancel"]
    /// `admin` is for erasing people; it has to be asked for.
    static let known = Self.all + ["admin"]

    static func read(_ text: String) throws -> [String] {
        let scopes = self.list(text)
        guard !scopes.isEmpty, scopes.allSatisfy(self.known.contains) else {
            throw ValidationError("scopes are \(self.known.joined(separator: ", "))")
        }
        return scopes
    }

    static func readEventTypes(_ text: String) throws -> [String] {
        let names = self.list(text)
        guard !names.isEmpty, names.allSatisfy(EventType.isValidName) else {
            throw ValidationError("an event type has 1 to 64 of a-z 0-9 _ . - and begins with a letter")
        }
        return names
    }

    /// Without blanks and repetitions, in order.
    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.reduce(into: []) { list, item in
            if !item.isEmpty, !list.contains(item) {
                list.append(item)
            }
        }
    }
}
