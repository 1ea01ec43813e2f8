import ArgumentParser
import Kafka
import Wire

struct TopicsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Tell which topics are there. Fails if one is missing.")

    func run() async throws {
        let (admin, prefix) = try Surroundings.kafka()
        let topics = Topics(prefix: prefix).all
        let missing = Set(try await admin.missingTopics(of: topics))
        for topic in topics {
            print("\(topic): \(missing.contains(topic) ? "missing" : "there")")
        }
        if !missing.isEmpty {
            throw ExitCode.failure
        }
    }
}
