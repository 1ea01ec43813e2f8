import ArgumentParser
import Foundation

struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "Send a notification through the API, now or for later. Prints its id.")

    @Option(help: "Who gets it: the user's id.")
    var user: String

    @Option(name: .customLong("event-type"), help: "Its event type.")
    var eventType: String = "new_message"

    @Argument(help: "The text.")
    var message: String

    @Option(help: "A line above the text.")
    var title: String?

    @Option(help: "Where a click leads: https, http or a path.")
    var actionURL: String?

    @Option(help: "low, normal, high or critical.")
    var priority: String?

    @Option(help: "A JSON object that goes along.")
    var data: String?

    @Option(help: "When it is due, as 2030-01-31T09:00:00+01:00, or from now on: +90s, +15m, +12h, +30d.")
    var schedule: String?

    @Option(help: "When it is of no use any more; written like --schedule.")
    var expiresAt: String?

    @Option(help: "Of several requests with one key only the first counts.")
    var idempotencyKey: String?

    func validate() throws {
        _ = try self.body(now: Date())
    }

    func run() async throws {
        let client = try ServiceClient.fromEnvironment()
        let body = try JSONSerialization.data(withJSONObject: try self.body(now: Date()), options: [.sortedKeys])
        let answer = try await client.call(
            "POST", "api/notifications", body: body,
            headers: self.idempotencyKey.map { ["Idempotency-Key": $0] } ?? [:])
        guard answer.status == 202 else { throw CommandFailure(Problem.describe(answer)) }
        print(try JSONDecoder().decode(Accepted.self, from: answer.body).id)
    }

    private struct Accepted: Decodable {
        let id: String
    }

    /// What is sent; the API checks it further.
    func body(now: Date) throws -> [String: Any] {
        var body: [String: Any] = [
            "user_id": self.user, "event_type": self.eventType, "message": self.message,
        ]
        body["title"] = self.title
        body["action_url"] = self.actionURL
        body["priority"] = self.priority
        body["schedule"] = try self.schedule.map { try Self.time($0, now: now) }
        body["expires_at"] = try self.expiresAt.map { try Self.time($0, now: now) }
        if let data = self.data {
            guard let object = (try? JSONSerialization.jsonObject(with: Data(data.utf8))) as? [String: Any] else {
                throw ValidationError("--data is no JSON object")
            }
            body["data"] = object
        }
        return body
    }

    private static func time(_ text: String, now: Date) throws -> String {
        guard text.hasPrefix("+") else { return text }
        let seconds = try Lifetime.read(String(text.dropFirst())) / .seconds(1)
        return now.addingTimeInterval(seconds).formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
