import Synchronization
import Testing

@testable import Kafka

/// The form of `send` that tells instead of waiting.
@Suite(.timeLimit(.minutes(3)))
struct ReportTests {
    /// What was told of each of so many records.
    private static func reports(
        of records: [KafkaRecord], from producer: KafkaProducer
    ) async -> (results: [Int: Result<KafkaReceipt, KafkaError>], calls: Int) {
        let (stream, input) = AsyncStream.makeStream(of: [KafkaReport].self)
        producer.send(records) { input.yield($0) }
        var results: [Int: Result<KafkaReceipt, KafkaError>] = [:]
        var calls = 0
        for await told in stream {
            calls += 1
            for report in told {
                #expect(results.updateValue(report.result, forKey: report.index) == nil, "told twice")
            }
            if results.count == records.count { break }
        }
        return (results, calls)
    }

    private static func failure(of result: Result<KafkaReceipt, KafkaError>?) -> KafkaError.Code? {
        if case .failure(let error)? = result { error.code } else { nil }
    }

    @Test func tellsOfEachOnceAndOfManyTogether() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            try await withProducer(broker.configuration) { producer in
                _ = try await producer.send(KafkaRecord(topic: topic, key: nil, value: bytes("known now")))
                let records = (0..<500).map { KafkaRecord(topic: topic, key: bytes("k"), value: bytes("\($0)")) }
                let (results, calls) = await Self.reports(of: records, from: producer)
                for index in records.indices {
                    let receipt = try #require(try results[index]?.get())
                    #expect(receipt.offset == Int64(index + 1))
                }
                #expect(calls < 250, "those that come together are told together")
            }
        }
    }

    @Test func oneBadRecordFailsAlone() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 2)
            try await withProducer(broker.configuration) { producer in
                _ = try await producer.send(KafkaRecord(topic: topic, key: nil, value: bytes("known now")))
                let good = KafkaRecord(topic: topic, key: bytes("k"), value: bytes("v"))
                let bad = KafkaRecord(topic: topic, key: bytes("k"), value: bytes("v"), partition: 7)
                let huge = KafkaRecord(topic: topic, key: bytes("k"), value: [UInt8](repeating: 1, count: 9_000_000))
                let (results, _) = await Self.reports(of: [good, bad, huge, good], from: producer)
                #expect(
                    (0..<4).map { Self.failure(of: results[$0]) } == [nil, .unknownPartition, .recordTooLarge, nil])
            }
        }
    }

    @Test(.disabled(if: TestBroker.isExternal))
    func brokersThatAreAwayAreToldWithinTheBound() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            try await withProducer(broker.configuration, messageTimeout: .seconds(5)) { producer in
                _ = try await producer.send(KafkaRecord(topic: topic, key: nil, value: bytes("known now")))
                try broker.embedded.setRoundTripTime(.seconds(60))
                let start = ContinuousClock.now
                let (results, _) = await Self.reports(
                    of: [KafkaRecord(topic: topic, key: nil, value: bytes("v"))], from: producer)
                #expect(Self.failure(of: results[0]) == .timedOut)
                #expect(ContinuousClock.now - start < .seconds(40))
            }
        }
    }

    @Test func aFullQueueIsWaitedForAndThenTold() async throws {
        // Nobody is there to take what fills it.
        var configuration = KafkaConfiguration(brokers: "127.0.0.1:1")
        configuration.producerQueueKiB = 1_024
        try await withProducer(configuration, messageTimeout: .seconds(2)) { producer in
            while !producer.isRunning { await Task.yield() }
            let records = (0..<40).map { _ in
                KafkaRecord(topic: "t", key: nil, value: [UInt8](repeating: 1, count: 100_000))
            }
            let (results, _) = await Self.reports(of: records, from: producer)
            let codes = records.indices.map { Self.failure(of: results[$0]) }
            #expect(codes.allSatisfy { $0 != nil })
            #expect(codes.contains(.queueFull), "\(codes)")
        }
    }

    @Test func aProducerThatDoesNotRunRefuses() async throws {
        let producer = try KafkaProducer(
            configuration: KafkaConfiguration(brokers: "127.0.0.1:1"), logger: testLogger("producer"))
        #expect(!producer.isRunning)
        let record = KafkaRecord(topic: "t", key: nil, value: [])
        let (before, _) = await Self.reports(of: [record, record], from: producer)
        #expect((0..<2).map { Self.failure(of: before[$0]) } == [.closed, .closed])
    }

    @Test func whatIsUnderWayIsToldWhenItIsStopped() async throws {
        let (stream, input) = AsyncStream.makeStream(of: [KafkaReport].self)
        try await withProducer(KafkaConfiguration(brokers: "127.0.0.1:1"), messageTimeout: .seconds(1)) { producer in
            while !producer.isRunning { await Task.yield() }
            producer.send([KafkaRecord(topic: "t", key: nil, value: [1])]) { input.yield($0) }
        }
        var told = stream.makeAsyncIterator()
        let reports = try #require(await told.next())
        #expect(reports.count == 1 && Self.failure(of: reports[0].result) != nil)
    }

    @Test(.disabled(if: TestBroker.isExternal))
    func aReplacedClientTells() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            try await withProducer(broker.configuration) { producer in
                _ = try await producer.send(KafkaRecord(topic: topic, key: nil, value: bytes("known now")))
                try broker.embedded.setRoundTripTime(.milliseconds(500))
                let (stream, input) = AsyncStream.makeStream(of: [KafkaReport].self)
                producer.send([KafkaRecord(topic: topic, key: nil, value: bytes("v"))]) { input.yield($0) }
                producer.simulateFatalError()
                var told = stream.makeAsyncIterator()
                let reports = try #require(await told.next())
                #expect(reports.count == 1)
                let error = #expect(throws: KafkaError.self) { try reports[0].result.get() }
                #expect(error?.code == .clientReplaced)
            }
        }
    }
}
