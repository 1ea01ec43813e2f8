import Testing

@testable import Kafka

/// What is held in memory is bounded by bytes too, not by counts alone.
@Suite(.serialized)
struct BoundTests {
    @Test func aBatchEndsAtItsBytes() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            // With their keys of one byte, three of them reach 3,000 bytes, and two do not.
            let sizes = [999, 999, 999, 999, 999, 999, 10_000, 999]
            try await withProducer(broker.configuration) { producer in
                let records = sizes.map { size in
                    KafkaRecord(topic: topic, key: bytes("k"), value: Array(repeating: 0x61, count: size))
                }
                for result in await producer.send(records) { _ = try result.get() }
            }
            var options = broker.options(group: broker.makeGroup(), topic: topic)
            options.batchBytes = 3_000
            try await withConsumer(try broker.consumer(options)) { consumer in
                _ = try await consumer.waitForAssignment(timeout: .seconds(30))
                var taken: [[Int]] = []
                while taken.flatMap(\.self).count < sizes.count {
                    let batch = try await consumer.nextBatch(max: 100, timeout: .seconds(30))
                    try #require(!batch.isEmpty, "\(taken)")
                    let lengths = batch.messages.map { ($0.value?.count ?? 0) + 1 }
                    #expect(lengths.dropLast().reduce(0, +) < 3_000, "only the last may go beyond: \(lengths)")
                    taken.append(lengths)
                    try await consumer.complete(batch)
                }
                #expect(taken.flatMap(\.self) == sizes.map { $0 + 1 }, "in order, and none left out")
                #expect(taken.count >= 3)
            }
        }
    }

    /// A producer whose queue is full says so in time, and takes more when there is room again.
    @Test(.disabled(if: TestBroker.isExternal))
    func aFullProducerQueueRefusesInTime() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic()
            var configuration = broker.configuration
            configuration.producerQueueKiB = 1_024
            try await withProducer(configuration, messageTimeout: .seconds(10)) { producer in
                _ = try await producer.send(KafkaRecord(topic: topic, key: nil, value: bytes("first")))
                try broker.embedded.setAllBrokers(up: false)
                let records = (0..<300).map { _ in
                    KafkaRecord(topic: topic, key: nil, value: Array(repeating: 0x61, count: 10_000))
                }
                let began = ContinuousClock.now
                let errors = await producer.send(records).compactMap(\.failure)
                #expect(ContinuousClock.now - began < .seconds(60))
                #expect(errors.count == records.count)
                let refused = errors.count { $0.code == .queueFull }
                // 1 MiB holds a hundred of them, and a hundred more where a busy machine looks for room only when the first
                // have been given up; the others never got in.
                #expect((50...250).contains(refused), "\(refused)")
                try broker.embedded.setAllBrokers(up: true)
                var isTaken = false
                let deadline = ContinuousClock.now + .seconds(60)
                while !isTaken, ContinuousClock.now < deadline {
                    isTaken = await producer.send([records[0]])[0].failure == nil
                }
                #expect(isTaken)
            }
        }
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}
