import Kafka
import Logging
import Testing

@testable import Operations

/// Records are refused by the batch; who is at fault shows only when each is sent alone.
@Suite(.timeLimit(.minutes(5))) struct PublisherTests {
    /// MESSAGE_TOO_LARGE.
    private static let tooLarge: Int32 = 10

    private func withPublisher(
        _ body: @escaping @Sendable (Publisher, EmbeddedBroker) async throws -> Void
    ) async throws {
        let quiet = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
        let broker = try EmbeddedBroker(brokers: 1, logger: quiet)
        defer { broker.close() }
        try broker.createTopic("t", partitions: 1)
        let producer = try KafkaProducer(
            configuration: KafkaConfiguration(brokers: broker.bootstrapServers, clientID: "tests"), logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await producer.run() }
            defer { group.cancelAll() }
            // What follows is not about finding the broker.
            _ = try await producer.send(KafkaRecord(topic: "t", key: nil, value: [0]))
            try await body(Publisher(producer: producer, logger: quiet), broker)
        }
    }

    private let records = (0..<5 as Range<UInt8>).map { KafkaRecord(topic: "t", key: [1], value: [$0]) }

    @Test func aBatchThatIsTooLargeIsNotTheFaultOfItsRecords() async throws {
        try await self.withPublisher { publisher, broker async throws in
            broker.pushErrors(.produce, rawCodes: [Self.tooLarge])
            #expect(try await publisher.publish(self.records, what: "publishing").isEmpty)
        }
    }

    @Test func whatIsRefusedAloneIsRefused() async throws {
        try await self.withPublisher { publisher, broker async throws in
            broker.pushErrors(.produce, rawCodes: Array(repeating: Self.tooLarge, count: 100))
            let refused = try await publisher.publish(self.records, what: "publishing")
            #expect(refused.keys.sorted() == [0, 1, 2, 3, 4])
            #expect(refused.values.allSatisfy { $0.isHopeless })
            #expect(try await publisher.publish(Array(self.records[..<1]), what: "publishing").count == 1)
            broker.clearErrors(.produce)
            #expect(try await publisher.publish(self.records, what: "publishing").isEmpty)
            #expect(try await publisher.publish([], what: "publishing").isEmpty)
        }
    }

    /// Larger than the client itself takes, among good ones.
    @Test func oneOfMany() async throws {
        try await self.withPublisher { publisher, _ async throws in
            var records = self.records
            records[3].value = [UInt8](repeating: 7, count: 1_100_000)
            #expect(try await publisher.publish(records, what: "publishing").keys.sorted() == [3])
        }
    }
}
