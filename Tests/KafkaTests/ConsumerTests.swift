import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(3)))
struct ConsumerTests {
    @Test func onlyWhatWasCompletedIsCommitted() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            let group = broker.makeGroup()
            try await fill(topic, with: 10, broker)
            try await withConsumer(try broker.consumer(broker.options(group: group, topic: topic))) { consumer in
                let first = try await consumer.take(4)
                #expect(first.map(\.offset) == [0, 1, 2, 3])
                let second = try await consumer.take(3, completing: false)
                #expect(second.map(\.offset) == [4, 5, 6])
            }
            try await withConsumer(try broker.consumer(broker.options(group: group, topic: topic))) { consumer in
                let again = try await consumer.take(6)
                #expect(again.map(\.offset) == [4, 5, 6, 7, 8, 9])
                #expect(try await consumer.nextBatch(max: 1, timeout: .milliseconds(200)).isEmpty)
            }
        }
    }

    @Test func emptyTopicGivesAnEmptyBatchInTime() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            let options = broker.options(group: broker.makeGroup(), topic: topic)
            try await withConsumer(try broker.consumer(options)) { consumer in
                let assigned = try await consumer.waitForAssignment(timeout: .seconds(30))
                #expect(assigned == [KafkaTopicPartition(topic: topic, partition: 0)])
                let start = ContinuousClock.now
                #expect(try await consumer.nextBatch(max: 10, timeout: .milliseconds(300)).isEmpty)
                #expect(ContinuousClock.now - start >= .milliseconds(290))
                #expect(ContinuousClock.now - start < .seconds(10))
            }
        }
    }

    @Test func aMessageEndsTheWaiting() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            let options = broker.options(group: broker.makeGroup(), topic: topic)
            try await withConsumer(try broker.consumer(options)) { consumer in
                _ = try await consumer.waitForAssignment(timeout: .seconds(30))
                async let batch = consumer.nextBatch(max: 10, timeout: .seconds(60))
                try await fill(topic, with: 1, broker)
                let start = ContinuousClock.now
                #expect(try await batch.messages.count == 1)
                #expect(ContinuousClock.now - start < .seconds(20))
            }
        }
    }

    @Test(.disabled(if: TestBroker.isExternal))
    func brokersAwayMeansEmptyBatches() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            try await fill(topic, with: 5, broker)
            let options = broker.options(group: broker.makeGroup(), topic: topic)
            try await withConsumer(try broker.consumer(options)) { consumer in
                _ = try await consumer.take(5)
                try broker.embedded.setAllBrokers(up: false)
                for _ in 0..<3 { #expect(try await consumer.nextBatch(max: 5, timeout: .milliseconds(300)).isEmpty) }
                try broker.embedded.setAllBrokers(up: true)
                try await fill(topic, with: 5, broker)
                #expect(try await consumer.take(5).map(\.offset) == [5, 6, 7, 8, 9])
            }
        }
    }

    @Test(.disabled(if: TestBroker.isExternal))
    func commitThatBrokersDoNotTakeIsRepeated() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            let group = broker.makeGroup()
            try await fill(topic, with: 2, broker)
            let committed = Recorder<[KafkaTopicPartition: Int64]>()
            var options = broker.options(group: group, topic: topic) { event in
                if case .committed(let offsets) = event { committed.record(offsets) }
            }
            options.commitTimeout = .milliseconds(300)
            try await withConsumer(try broker.consumer(options)) { consumer in
                let batch = try await consumer.nextBatch(max: 2, timeout: .seconds(30))
                try broker.embedded.setAllBrokers(up: false)
                try await consumer.complete(batch)
                #expect(committed.all.isEmpty)
                try broker.embedded.setAllBrokers(up: true)
                while committed.all.isEmpty { _ = try await consumer.nextBatch(max: 1, timeout: .milliseconds(200)) }
                #expect(committed.all.first?.values.first == batch.messages.last.map { $0.offset + 1 })
            }
        }
    }

    @Test(.disabled(if: TestBroker.isExternal))
    func missingTopicIsToldAsSuch() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic()
            try broker.embedded.setTopicError(topic, rawCode: 3)
            let options = broker.options(group: broker.makeGroup(), topic: topic)
            try await withConsumer(try broker.consumer(options)) { consumer in
                _ = await #expect {
                    while try await consumer.nextBatch(max: 1, timeout: .seconds(1)).isEmpty {}
                } throws: { error in
                    let error = error as? KafkaError
                    return error?.isUnknownTopic == true && error?.isFatal == false
                }
            }
        }
    }

    @Test func badPropertyIsNamed() throws {
        let configuration = KafkaConfiguration(brokers: "127.0.0.1:1", properties: ["sasl.mechansim": "PLAIN"])
        let error = try #require(throws: KafkaError.self) {
            try KafkaConsumer(
                configuration: configuration, options: KafkaConsumerOptions(group: "g", topics: ["t"]),
                logger: testLogger("consumer"))
        }
        #expect(error.code == .invalidConfiguration)
        #expect(error.description.contains("sasl.mechansim"))
    }

    @Test func cancellingEndsTheWaitingAndLosesNothing() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            let options = broker.options(group: broker.makeGroup(), topic: topic)
            try await withConsumer(try broker.consumer(options)) { consumer in
                _ = try await consumer.waitForAssignment(timeout: .seconds(30))
                for _ in 0..<20 {
                    let waiting = Task { try await consumer.nextBatch(max: 1, timeout: .seconds(60)) }
                    await Task.yield()
                    waiting.cancel()
                    await #expect(throws: CancellationError.self) { try await waiting.value }
                }
                try await fill(topic, with: 3, broker)
                #expect(try await consumer.take(3).count == 3)
            }
        }
    }

    @Test func closingEndsTheWaiting() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            let consumer = try broker.consumer(broker.options(group: broker.makeGroup(), topic: topic))
            let waiting = Task { try await consumer.nextBatch(max: 1, timeout: .seconds(60)) }
            await Task.yield()
            await consumer.close()
            await #expect { try await waiting.value } throws: { ($0 as? KafkaError)?.code == .closed }
            await #expect(throws: KafkaError.self) { try await consumer.nextBatch(max: 1, timeout: .seconds(1)) }
            await consumer.close()
        }
    }

    @Test func droppingAConsumerUnclosedIsHarmless() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            for _ in 0..<3 {
                let consumer = try broker.consumer(broker.options(group: broker.makeGroup(), topic: topic))
                _ = try await consumer.nextBatch(max: 1, timeout: .milliseconds(10))
            }
        }
    }

    @Test func longWorkKeepsTheAssignment() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 2)
            let group = broker.makeGroup()
            try await fill(topic, with: 200, broker)
            let events = Recorder<KafkaConsumerEvent>()
            var options = broker.options(group: group, topic: topic) { events.record($0) }
            options.pauseAfter = .milliseconds(100)
            // Work that takes longer than a member may be silent: only polling on keeps the assignment.
            options.maxPollInterval = options.sessionTimeout
            let workTime = options.sessionTimeout + .seconds(2)
            try await withConsumer(try broker.consumer(options)) { consumer in
                let first = try await consumer.nextBatch(max: 10, timeout: .seconds(30))
                let result = try await consumer.keepingMembership([first]) {
                    try await Task.sleep(for: workTime)
                    return first.messages.count
                }
                #expect(result == first.messages.count)
                try await consumer.complete(first)
                let rest = try await consumer.take(200 - first.messages.count)
                let all = first.messages + rest
                #expect(Set(all.map { "\($0.partition)/\($0.offset)" }).count == 200)
                for (_, messages) in Dictionary(grouping: all, by: \.partition) {
                    #expect(messages.map(\.offset) == Array(0..<Int64(messages.count)))
                }
            }
            #expect(!events.all.contains { if case .lost = $0 { true } else { false } })
        }
    }

    @Test func workMayCompleteItsOwnBatch() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            try await fill(topic, with: 1, broker)
            let options = broker.options(group: broker.makeGroup(), topic: topic)
            try await withConsumer(try broker.consumer(options)) { consumer in
                let batch = try await consumer.nextBatch(max: 1, timeout: .seconds(30))
                try await consumer.keepingMembership([batch]) { try await consumer.complete(batch) }
            }
        }
    }

    @Test func failingAndCancelledWorkPassesItsErrorOn() async throws {
        struct Failure: Error {}
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            try await fill(topic, with: 1, broker)
            var options = broker.options(group: broker.makeGroup(), topic: topic)
            options.pauseAfter = .milliseconds(50)
            try await withConsumer(try broker.consumer(options)) { consumer in
                let batch = try await consumer.nextBatch(max: 1, timeout: .seconds(30))
                await #expect(throws: Failure.self) {
                    try await consumer.keepingMembership([batch]) { throw Failure() }
                }
                let working = Task {
                    try await consumer.keepingMembership([batch]) { try await Task.sleep(for: .seconds(60)) }
                }
                await Task.yield()
                working.cancel()
                await #expect(throws: CancellationError.self) { try await working.value }
            }
        }
    }
}

/// Sends messages "0", "1", ... to a topic.
func fill(_ topic: String, with count: Int, _ broker: TestBroker) async throws {
    try await send(0..<count, to: topic, broker)
}

/// Sends a message for each number.
func send(_ numbers: Range<Int>, to topic: String, _ broker: TestBroker) async throws {
    try await withProducer(broker.configuration) { producer in
        let results = await producer.send(
            numbers.map { KafkaRecord(topic: topic, key: bytes("\($0)"), value: bytes("\($0)")) })
        for result in results { _ = try result.get() }
    }
}
