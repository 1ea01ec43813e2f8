import ArgumentParser
import Kafka
import Logging
import SystemPackage

/// A ceiling as a process of its own. `notifi bench` starts and ends it.
struct BenchServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Answer HTTP as simply as can be: what a stage is measured against.",
        discussion: "It prints the port on 127.0.0.1 where it listens, and serves until it gets SIGTERM.",
        shouldDisplay: false)

    @Option(help: "One of \(CeilingKind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var kind: CeilingKind

    @Option(help: "The brokers that --kind produce produces to.")
    var brokers: String?

    @Option(help: "The topic that --kind produce produces to.")
    var topic: String?

    func validate() throws {
        let hasBoth = self.brokers != nil && self.topic != nil
        guard hasBoth || self.kind != .produce else {
            throw ValidationError("--kind produce needs --brokers and --topic")
        }
    }

    func run() async throws {
        switch self.kind {
        case .text: try await BareServer(work: nil).run(onPort: Self.tell)
        case .json: try await BareServer(work: .encode).run(onPort: Self.tell)
        case .produce: try await self.produce()
        case .hummingbirdText: try await FrameworkServer(isJSON: false).run(onPort: Self.tell)
        case .hummingbirdJSON: try await FrameworkServer(isJSON: true).run(onPort: Self.tell)
        }
    }

    private func produce() async throws {
        let producer = try KafkaProducer(
            configuration: KafkaConfiguration(brokers: self.brokers ?? "", clientID: "notifi-bench-ceiling"),
            logger: Surroundings.logger)
        let server = BareServer(work: .produce(producer, topic: self.topic ?? ""))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await producer.run() }
            group.addTask { try await server.run(onPort: Self.tell) }
            try await group.next()
            group.cancelAll()
        }
    }

    /// At once, though the output is a pipe.
    private static func tell(_ port: Int) {
        do {
            _ = try FileDescriptor.standardOutput.writeAll(Array("\(port)\n".utf8))
        } catch {
            Surroundings.logger.error("nobody reads where this listens: \(error)")
        }
    }
}
