import ArgumentParser
import Foundation

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell what became of a notification, with times and reasons.")

    @Argument(help: "The id that the API answered.")
    var id: String

    @Flag(help: "Print the API's answer as it is.")
    var json = false

    func validate() throws {
        guard UUID(uuidString: self.id) != nil else { throw ValidationError("an id is a UUID") }
    }

    func run() async throws {
        let client = try ServiceClient.fromEnvironment()
        let answer = try await client.call("GET", "api/notifications/\(self.id.lowercased())")
        guard answer.status == 200 else { throw CommandFailure(Problem.describe(answer)) }
        if self.json {
            print(String(decoding: answer.body, as: UTF8.self))
        } else {
            print(try JSONDecoder().decode(Explanation.self, from: answer.body).text)
        }
    }
}

/// A record of the API, as far as it is shown.
struct Explanation: Decodable, Sendable {
    struct Step: Decodable, Sendable {
        let at: String
        let event: String
        let detail: String?
    }

    let id: String
    let user: String?
    let eventType: String?
    let dueAt: String?
    let state: String
    let trail: [Step]

    enum CodingKeys: String, CodingKey {
        case id, state, trail
        case user = "user_id"
        case eventType = "event_type"
        case dueAt = "due_at"
    }

    var text: String {
        let facts = [("state", self.state), ("user", self.user), ("event type", self.eventType), ("due", self.dueAt)]
            .compactMap { name, value in value.map { "  \(name): \($0)" } }
        let steps = self.trail.map { ["  \($0.at)", $0.event, $0.detail ?? ""] }
        return ([self.id] + facts + [Table.text(["  AT", "EVENT", "DETAIL"], steps)]).joined(separator: "\n")
    }
}
