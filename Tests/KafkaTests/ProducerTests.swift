import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(3)))
struct ProducerTests {
    @Test func sendReturnsTheReportOfTheBroker() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            try await withProducer(broker.configuration) { producer in
                for expected in 0..<3 {
                    let receipt = try await producer.send(KafkaRecord(topic: topic, key: bytes("k"), value: bytes("v")))
                    #expect(receipt == KafkaReceipt(topic: topic, partition: 0, offset: Int64(expected)))
                }
            }
        }
    }

    @Test(.disabled(if: TestBroker.isExternal))
    func sendWaitsForTheReport() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            try await withProducer(broker.configuration) { producer in
                _ = try await producer.send(KafkaRecord(topic: topic, key: nil, value: bytes("connect")))
                try broker.embedded.setRoundTripTime(.milliseconds(400))
                let start = ContinuousClock.now
                _ = try await producer.send(KafkaRecord(topic: topic, key: nil, value: bytes("slow")))
                #expect(ContinuousClock.now - start >= .milliseconds(390))
            }
        }
    }

    @Test func emptyBatchNeedsNoBroker() async throws {
        try await withProducer(KafkaConfiguration(brokers: "127.0.0.1:1")) { producer in
            #expect(await producer.send([KafkaRecord]()).isEmpty)
        }
    }

    @Test func aRecordGoesToThePartitionThatItNames() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 5)
            try await withProducer(broker.configuration) { producer in
                // With the same key as well, and with none.
                for key in [bytes("k"), nil] {
                    let records = (0..<5 as Range<Int32>).map {
                        KafkaRecord(topic: topic, key: key, value: bytes("v"), partition: $0)
                    }
                    let receipts = try await producer.send(records).map { try $0.get() }
                    #expect(receipts.map(\.partition) == [0, 1, 2, 3, 4])
                }
                let byKey = try await producer.send(KafkaRecord(topic: topic, key: bytes("k"), value: bytes("v")))
                let again = try await producer.send(KafkaRecord(topic: topic, key: bytes("k"), value: bytes("v")))
                #expect(byKey.partition == again.partition)
            }
        }
    }

    @Test(arguments: [-1, -1_001, 5, Int32.max, Int32.min])
    func aPartitionThatIsNotThereIsRefused(partition: Int32) async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 5)
            try await withProducer(broker.configuration) { producer in
                _ = try await producer.send(KafkaRecord(topic: topic, key: nil, value: bytes("known now")))
                let record = KafkaRecord(topic: topic, key: bytes("k"), value: bytes("v"), partition: partition)
                await #expect {
                    _ = try await producer.send(record)
                } throws: {
                    ($0 as? KafkaError)?.code == .unknownPartition
                }
            }
        }
    }

    @Test func tenThousandAreAcknowledgedAndComeInTheOrderOfTheirKeys() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 8)
            let records = (0..<10_000).map { index in
                KafkaRecord(
                    topic: topic, key: bytes("user-\(index % 50)"), value: bytes("\(index)"),
                    headers: [KafkaHeader(name: "n", value: "\(index)"), KafkaHeader(name: "empty", value: [])])
            }
            try await withProducer(broker.configuration) { producer in
                let results = await producer.send(records)
                #expect(results.count == records.count)
                let receipts = try results.map { try $0.get() }
                #expect(Set(receipts.map { "\($0.partition)/\($0.offset)" }).count == records.count)
                let partitions = Dictionary(grouping: zip(records, receipts), by: { text($0.0.key) })
                    .mapValues { Set($0.map(\.1.partition)).count }
                #expect(partitions.values.allSatisfy { $0 == 1 })
            }
            let options = broker.options(group: broker.makeGroup(), topic: topic)
            try await withConsumer(try broker.consumer(options)) { consumer in
                let messages = try await consumer.take(records.count)
                #expect(messages.count == records.count)
                for (key, ofKey) in Dictionary(grouping: messages, by: { text($0.key) }) {
                    let expected = records.filter { text($0.key) == key }.map(\.value)
                    #expect(ofKey.compactMap(\.value) == expected)
                }
                let first = try #require(messages.first)
                #expect(first.headers == records[try #require(Int(text(first.value)))].headers)
                #expect(first.header("empty") == [])
                #expect(first.header("none") == nil)
                #expect(first.timestampMilliseconds > 0)
            }
        }
    }

    @Test func emptyKeysAndValuesStayEmpty() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            try await withProducer(broker.configuration) { producer in
                _ = try await producer.send(KafkaRecord(topic: topic, key: [], value: []))
                _ = try await producer.send(KafkaRecord(topic: topic, key: nil, value: []))
            }
            let options = broker.options(group: broker.makeGroup(), topic: topic)
            try await withConsumer(try broker.consumer(options)) { consumer in
                let messages = try await consumer.take(2)
                #expect(messages.map(\.key) == [[], nil])
                #expect(messages.map(\.value) == [[], []])
            }
        }
    }

    @Test func noBrokerFromTheBeginning() async throws {
        let configuration = KafkaConfiguration(brokers: "127.0.0.1:1")
        try await withProducer(configuration, messageTimeout: .milliseconds(500)) { producer in
            let start = ContinuousClock.now
            await #expect {
                try await producer.send(KafkaRecord(topic: "any", key: nil, value: []))
            } throws: { error in
                let error = try? #require(error as? KafkaError)
                return error?.code == .timedOut && error?.isRetriable == true && error?.isFatal == false
            }
            #expect(ContinuousClock.now - start < .seconds(30))
        }
    }

    @Test(.disabled(if: TestBroker.isExternal))
    func brokersThatVanishAndReturn() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            try await withProducer(broker.configuration, messageTimeout: .seconds(5)) { producer in
                let record = KafkaRecord(topic: topic, key: bytes("k"), value: bytes("v"))
                _ = try await producer.send(record)
                try broker.embedded.setAllBrokers(up: false)
                let start = ContinuousClock.now
                let results = await producer.send(Array(repeating: record, count: 100))
                #expect(ContinuousClock.now - start < .seconds(30))
                #expect(results.allSatisfy { (try? $0.get()) == nil })
                try broker.embedded.setAllBrokers(up: true)
                try await untilSuccess { try await producer.send(record) }
                let again = await producer.send(Array(repeating: record, count: 100))
                #expect(again.allSatisfy { (try? $0.get()) != nil })
            }
        }
    }

    @Test func aFullQueueHoldsBackAndThenLetsThrough() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 2)
            var configuration = broker.configuration
            configuration.properties["queue.buffering.max.messages"] = "100"
            try await withProducer(configuration, messageTimeout: .seconds(120)) { producer in
                let records = (0..<2_000).map {
                    KafkaRecord(topic: topic, key: bytes("\($0 % 7)"), value: bytes("\($0)"))
                }
                let results = await producer.send(records)
                #expect(results.allSatisfy { (try? $0.get()) != nil })
            }
        }
    }

    @Test func aQueueThatStaysFullFailsInTime() async throws {
        var configuration = KafkaConfiguration(brokers: "127.0.0.1:1")
        configuration.properties["queue.buffering.max.messages"] = "10"
        try await withProducer(configuration, messageTimeout: .seconds(1)) { producer in
            let start = ContinuousClock.now
            let results = await producer.send((0..<50).map { _ in KafkaRecord(topic: "any", key: nil, value: []) })
            #expect(ContinuousClock.now - start < .seconds(30))
            let codes = results.compactMap { result -> KafkaError.Code? in
                if case .failure(let error) = result { error.code } else { nil }
            }
            #expect(codes.count == 50)
            #expect(codes.first == .timedOut)
            #expect(codes.last == .queueFull)
        }
    }

    @Test func oneRecordTooLargeDoesNotHarmTheOthers() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            try await withProducer(broker.configuration) { producer in
                let sizes = [10, 3_000_000, 10]
                let results = await producer.send(
                    sizes.map { KafkaRecord(topic: topic, key: nil, value: [UInt8](repeating: 7, count: $0)) })
                let stored = [try results[0].get(), try results[2].get()]
                #expect(stored.map(\.offset) == [0, 1])
                #expect(throws: KafkaError.self) { try results[1].get() }
                if case .failure(let error) = results[1] {
                    #expect(error.code == .recordTooLarge)
                    #expect(!error.isRetriable)
                }
            }
        }
    }

    @Test(.disabled(if: TestBroker.isExternal))
    func missingTopicIsToldAsSuch() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic()
            try broker.embedded.setTopicError(topic, rawCode: 3)
            try await withProducer(broker.configuration) { producer in
                await #expect {
                    try await producer.send(KafkaRecord(topic: topic, key: nil, value: []))
                } throws: { ($0 as? KafkaError)?.isUnknownTopic == true }
                try broker.embedded.setTopicError(topic, rawCode: 0)
                try await untilSuccess { try await producer.send(KafkaRecord(topic: topic, key: nil, value: [])) }
            }
        }
    }

    @Test(arguments: [
        (["acks.are.fine": "1"], "acks.are.fine"), (["linger.ms": "often"], "linger.ms"),
        (["security.protocol": "smoke"], "security.protocol"),
    ])
    func badPropertyIsNamed(properties: [String: String], name: String) throws {
        let configuration = KafkaConfiguration(brokers: "127.0.0.1:1", properties: properties)
        let error = try #require(throws: KafkaError.self) {
            try KafkaProducer(configuration: configuration, logger: testLogger("producer"))
        }
        #expect(error.code == .invalidConfiguration)
        #expect(error.description.contains(name))
        #expect(!error.description.contains("smoke"))
    }

    @Test func whatDeliveryDependsOnCannotBeConfiguredAway() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            var configuration = broker.configuration
            configuration.properties["acks"] = "0"
            configuration.properties["enable.idempotence"] = "false"
            try await withProducer(configuration) { producer in
                // Without acknowledgements there would be no offset in the report.
                let receipt = try await producer.send(KafkaRecord(topic: topic, key: nil, value: []))
                #expect(receipt.offset == 0)
            }
        }
    }

    @Test func fatalErrorMakesANewClient() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            try await withProducer(broker.configuration) { producer in
                let record = KafkaRecord(topic: topic, key: bytes("k"), value: bytes("v"))
                _ = try await producer.send(record)
                producer.simulateFatalError()
                let results = await withTaskGroup(of: Result<KafkaReceipt, KafkaError>.self) { group in
                    for _ in 0..<100 { group.addTask { await producer.send([record])[0] } }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                for case .failure(let error) in results {
                    #expect(error.code == .clientReplaced)
                    #expect(error.isRetriable)
                    #expect(!error.isFatal)
                }
                try await untilSuccess { try await producer.send(record) }
            }
        }
    }

    @Test(.disabled(if: TestBroker.isExternal))
    func errorsOfTheBrokerAreRetriedWithoutDoubling() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            try await withProducer(broker.configuration, messageTimeout: .seconds(10)) { producer in
                // Not leader, request timed out, not enough replicas, and a connection that is cut.
                try broker.embedded.pushErrors(.produce, rawCodes: [6, 7, 19, -195])
                for expected in 0..<20 {
                    let receipt = try await producer.send(KafkaRecord(topic: topic, key: nil, value: []))
                    #expect(receipt.offset == Int64(expected))
                }
            }
        }
    }

    @Test func cancelledSendStillTellsWhatBecameOfIt() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            try await withProducer(broker.configuration) { producer in
                for round in 0..<50 {
                    let sending = Task { try await producer.send(KafkaRecord(topic: topic, key: nil, value: [])) }
                    if round % 2 == 0 { await Task.yield() }
                    sending.cancel()
                    let result = await sending.result
                    #expect(throws: Never.self) { try result.get() }
                }
            }
        }
    }

    @Test func stoppingFailsWhatIsLeftAndWhatComesLater() async throws {
        let configuration = KafkaConfiguration(brokers: "127.0.0.1:1")
        let producer = try KafkaProducer(
            configuration: configuration, logger: testLogger("producer"), messageTimeout: .seconds(1))
        let running = Task { try await producer.run() }
        async let early = producer.send([KafkaRecord(topic: "any", key: nil, value: [])])
        running.cancel()
        try await running.value
        let result = await early[0]
        #expect(throws: KafkaError.self) { try result.get() }
        await #expect { try await producer.send(KafkaRecord(topic: "any", key: nil, value: [])) } throws: {
            ($0 as? KafkaError)?.code == .closed
        }
        await #expect(throws: KafkaError.self) { try await producer.run() }
    }

    @Test func stoppingWaitsForReports() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            let producer = try KafkaProducer(
                configuration: broker.configuration, logger: testLogger("producer"), messageTimeout: .seconds(30))
            let running = Task { try await producer.run() }
            _ = try await producer.send(KafkaRecord(topic: topic, key: nil, value: []))
            let sending = Task {
                await producer.send((0..<500).map { _ in KafkaRecord(topic: topic, key: nil, value: []) })
            }
            // At the latest when the batch is handed over, what was handed over is flushed; what was not fails as
            // closed.
            await Task.yield()
            running.cancel()
            try await running.value
            for case .failure(let error) in await sending.value { #expect(error.code == .closed) }
        }
    }

    @Test func sendBeforeRunWaitsForIt() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            let producer = try KafkaProducer(
                configuration: broker.configuration, logger: testLogger("producer"), messageTimeout: .seconds(30))
            async let early = producer.send(KafkaRecord(topic: topic, key: nil, value: []))
            await Task.yield()
            let running = Task { try await producer.run() }
            #expect(try await early.offset == 0)
            running.cancel()
            try await running.value
        }
    }

    @Test func sendWithoutRunIsBounded() async throws {
        let producer = try KafkaProducer(
            configuration: KafkaConfiguration(brokers: "127.0.0.1:1"), logger: testLogger("producer"),
            messageTimeout: .milliseconds(200))
        await #expect { try await producer.send(KafkaRecord(topic: "any", key: nil, value: [])) } throws: {
            ($0 as? KafkaError)?.code == .closed
        }
    }

    @Test func manySingleSendsAtOnce() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 8)
            try await withProducer(broker.configuration, messageTimeout: .seconds(20)) { producer in
                let stored = try await withThrowingTaskGroup(of: KafkaReceipt.self) { group in
                    for index in 0..<5_000 {
                        group.addTask {
                            try await producer.send(
                                KafkaRecord(topic: topic, key: bytes("\(index)"), value: bytes("v")))
                        }
                    }
                    return try await group.reduce(into: 0) { count, _ in count += 1 }
                }
                #expect(stored == 5_000)
            }
        }
    }
}

/// Repeats until `body` doesn't throw; the time limit of the suite ends it otherwise.
func untilSuccess<R>(_ body: () async throws -> R) async throws {
    while true {
        do {
            _ = try await body()
            return
        } catch let error as KafkaError where error.isRetriable {
            try Task.checkCancellation()
        }
    }
}
