import Testing

@testable import Kafka

@Suite(.disabled(if: TestBroker.isExternal), .timeLimit(.minutes(5)))
struct EmbeddedBrokerTests {
    @Test func closesInTimeAndTwice() throws {
        let broker = try EmbeddedBroker(brokers: 3, logger: testLogger("broker"))
        #expect(broker.bootstrapServers.split(separator: ",").count == 3)
        let start = ContinuousClock.now
        broker.close()
        #expect(ContinuousClock.now - start < .milliseconds(500))
        broker.close()
        #expect(throws: KafkaError.self) { try broker.setBroker(1, up: true) }
        broker.pushErrors(.produce, rawCodes: [1])
    }
}
