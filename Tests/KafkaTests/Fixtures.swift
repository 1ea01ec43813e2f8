import Foundation
import Logging
import Synchronization
import Testing

@testable import Kafka

/// The brokers of one test: embedded ones of its own, or those that `NOTIFI_TEST_KAFKA_BROKERS` names.
struct TestBroker: Sendable {
    static let external = ProcessInfo.processInfo.environment["NOTIFI_TEST_KAFKA_BROKERS"]
    static var isExternal: Bool { external != nil }

    let configuration: KafkaConfiguration
    /// nil with external brokers, which can't be broken on purpose.
    private let embeddedBroker: EmbeddedBroker?

    init() throws {
        self.embeddedBroker = TestBroker.isExternal ? nil : try EmbeddedBroker(logger: testLogger("broker"))
        self.configuration = KafkaConfiguration(
            brokers: TestBroker.external ?? self.embeddedBroker?.bootstrapServers ?? "", clientID: "notifi-tests")
    }

    /// For tests of faults, which are not run with external brokers.
    var embedded: EmbeddedBroker {
        get throws { try #require(self.embeddedBroker) }
    }

    func close() {
        self.embeddedBroker?.close()
    }

    /// Makes a topic of its own for this test.
    func makeTopic(partitions: Int = 4) async throws -> String {
        let name = "notifi-test-\(UUID().uuidString.lowercased())"
        if let broker = self.embeddedBroker {
            try broker.createTopic(name, partitions: partitions)
        } else {
            let admin = KafkaAdmin(configuration: self.configuration, logger: testLogger("admin"))
            let specification = KafkaTopicSpecification(name: name, partitions: Int32(partitions), replication: 1)
            #expect(try await admin.createTopics([specification]) == [name: .created])
        }
        return name
    }

    func makeGroup() -> String { "notifi-test-\(UUID().uuidString.lowercased())" }

    func options(
        group: String, topic: String, sessionTimeout: Duration = .seconds(TestBroker.isExternal ? 6 : 3),
        onEvent: (@Sendable (KafkaConsumerEvent) -> Void)? = nil
    ) -> KafkaConsumerOptions {
        KafkaConsumerOptions(
            group: group, topics: [topic], sessionTimeout: sessionTimeout, fetchWaitMax: .milliseconds(5),
            onEvent: onEvent)
    }

    func consumer(_ options: KafkaConsumerOptions) throws -> KafkaConsumer {
        try KafkaConsumer(configuration: self.configuration, options: options, logger: testLogger("consumer"))
    }
}

/// Brokers for the length of `body`.
func withBroker<R: Sendable>(_ body: @Sendable (TestBroker) async throws -> R) async throws -> R {
    let broker = try TestBroker()
    defer { broker.close() }
    return try await body(broker)
}

/// A running producer for the length of `body`. On a busy machine a first send takes long: it connects, and learns the topic
/// and an id before.
func withProducer<R: Sendable>(
    _ configuration: KafkaConfiguration, messageTimeout: Duration = .seconds(30),
    _ body: @escaping @Sendable (KafkaProducer) async throws -> R
) async throws -> R {
    let producer = try KafkaProducer(
        configuration: configuration, logger: testLogger("producer"), messageTimeout: messageTimeout)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await producer.run() }
        defer { group.cancelAll() }
        return try await body(producer)
    }
}

/// A consumer that is closed at the end of `body`, also when it throws.
func withConsumer<R: Sendable>(
    _ consumer: KafkaConsumer, _ body: @Sendable (KafkaConsumer) async throws -> R
) async throws -> R {
    do {
        let result = try await body(consumer)
        await consumer.close()
        return result
    } catch {
        await consumer.close()
        throw error
    }
}

/// Quiet unless `NOTIFI_TEST_LOG` is set.
func testLogger(_ label: String) -> Logger {
    if ProcessInfo.processInfo.environment["NOTIFI_TEST_LOG"] == nil {
        return Logger(label: label) { _ in SwiftLogNoOpLogHandler() }
    }
    return Logger(label: label) { StreamLogHandler.standardError(label: $0) }
}

func bytes(_ text: String) -> [UInt8] { [UInt8](text.utf8) }

func text(_ bytes: [UInt8]?) -> String { String(decoding: bytes ?? [], as: UTF8.self) }

/// Collects what happens elsewhere.
final class Recorder<Element: Sendable>: Sendable {
    private let state = Mutex<[Element]>([])

    func record(_ element: Element) { self.state.withLock { $0.append(element) } }
    var all: [Element] { self.state.withLock { $0 } }
}

extension KafkaConsumer {
    /// Takes and completes batches until `count` messages came; fails after `timeout`.
    func take(_ count: Int, completing: Bool = true, timeout: Duration = .seconds(60)) async throws -> [KafkaMessage] {
        let deadline = ContinuousClock.now + timeout
        var messages: [KafkaMessage] = []
        while messages.count < count {
            try #require(ContinuousClock.now < deadline, "only \(messages.count) of \(count) messages came")
            let batch = try await self.nextBatch(max: count - messages.count, timeout: .milliseconds(500))
            messages += batch.messages
            if completing { try await self.complete(batch) }
        }
        return messages
    }
}
