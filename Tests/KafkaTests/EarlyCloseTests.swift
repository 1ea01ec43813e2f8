import Logging
import Testing

@testable import Kafka

/// A process may be told to stop at any moment, also while its consumers are only about to join.
@Suite(.timeLimit(.minutes(2)), .disabled(if: TestBroker.isExternal, "only embedded brokers can hold a join up"))
struct EarlyCloseTests {
    @Test("closed after it has joined and before anything was assigned, a consumer ends, and the process goes on")
    func beforeTheFirstAssignment() async {
        // In a process of its own: where it goes wrong, librdkafka aborts.
        await #expect(processExitsWith: .success) {
            try await withBroker { broker in
                let topic = try await broker.makeTopic()
                // It joins again and again, and nothing is ever assigned: 27 is "rebalance in progress".
                try broker.embedded.pushErrors(.syncGroup, rawCodes: [Int32](repeating: 27, count: 1_000))
                var configuration = broker.configuration
                configuration.properties["debug"] = "cgrp,consumer"
                let joins = Recorder<Void>()
                let logger = Logger(label: "consumer") { _ in
                    ListeningLogHandler { if $0.contains("JoinGroup response") { joins.record(()) } }
                }
                let consumer = try KafkaConsumer(
                    configuration: configuration, options: broker.options(group: broker.makeGroup(), topic: topic),
                    logger: logger)
                while joins.all.isEmpty { _ = try await consumer.nextBatch(max: 1, timeout: .milliseconds(100)) }
                await consumer.close()
            }
        }
    }

    @Test("closed before it could reach any broker")
    func beforeAnything() async throws {
        try await withBroker { broker in
            try broker.embedded.setAllBrokers(up: false)
            let consumer = try broker.consumer(broker.options(group: broker.makeGroup(), topic: "any"))
            #expect(try await consumer.nextBatch(max: 1, timeout: .milliseconds(300)).isEmpty)
            await consumer.close()
            await #expect(throws: KafkaError.self) { try await consumer.nextBatch(max: 1, timeout: .zero) }
        }
    }
}

/// Hands every line on.
private struct ListeningLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    private let onLine: @Sendable (String) -> Void

    init(_ onLine: @escaping @Sendable (String) -> Void) {
        self.onLine = onLine
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        self.onLine("\(event.message)")
    }
}
