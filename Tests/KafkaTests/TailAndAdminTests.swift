import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2)))
struct TailAndAdminTests {
    private func tail(_ topic: String, _ broker: TestBroker, refresh: Duration = .seconds(30)) throws -> KafkaTail {
        try KafkaTail(
            configuration: broker.configuration, topic: topic, fetchWaitMax: .milliseconds(5),
            partitionRefresh: refresh,
            logger: testLogger("tail"))
    }

    @Test func tailSeesOnlyWhatIsNew() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 4)
            try await fill(topic, with: 100, broker)
            let tails = [try self.tail(topic, broker), try self.tail(topic, broker)]
            for tail in tails { try await tail.start() }
            try await fill(topic, with: 40, broker)
            for tail in tails {
                var seen: [String] = []
                while seen.count < 40 {
                    let batch = try await tail.nextBatch(max: 7, timeout: .seconds(1))
                    #expect(batch.messages.count <= 7)
                    #expect(!batch.hasGap)
                    seen += batch.messages.map { text($0.value) }
                }
                #expect(Set(seen) == Set((0..<40).map { "\($0)" }))
                #expect(try await tail.nextBatch(max: 1, timeout: .milliseconds(100)).messages.isEmpty)
                await tail.close()
                await #expect(throws: KafkaError.self) { try await tail.nextBatch(max: 1, timeout: .seconds(1)) }
            }
        }
    }

    @Test func aProbeKeepsItsClient() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            let probe = KafkaTopicProbe(configuration: broker.configuration, logger: testLogger("probe"))
            for _ in 0..<3 {
                #expect(try await probe.missingTopics(of: [topic, "nowhere"]) == ["nowhere"])
            }
            #expect(await probe.clients == 1)
        }
    }

    @Test func aProbeThatFailedBeginsAnew() async throws {
        let nobody = KafkaConfiguration(brokers: "127.0.0.1:1", clientID: "probe")
        let probe = KafkaTopicProbe(configuration: nobody, logger: testLogger("probe"))
        for _ in 0..<2 {
            await #expect(throws: KafkaError.self) {
                try await probe.missingTopics(of: ["x"], timeout: .milliseconds(200))
            }
        }
        #expect(await probe.clients == 2)
    }

    @Test func cancellingEndsTheWaitingOfATail() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            let tail = try self.tail(topic, broker)
            try await tail.start()
            let waiting = Task { try await tail.nextBatch(max: 1, timeout: .seconds(60)) }
            await Task.yield()
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            await tail.close()
        }
    }

    @Test(.disabled(if: TestBroker.isExternal))
    func tailOfAMissingTopicSaysSoAndStartsOnceItIsThere() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            try broker.embedded.setTopicError(topic, rawCode: 3)
            let tail = try self.tail(topic, broker)
            await #expect { try await tail.start(timeout: .seconds(20)) } throws: {
                ($0 as? KafkaError)?.isUnknownTopic == true
            }
            try broker.embedded.setTopicError(topic, rawCode: 0)
            try await tail.start()
            await tail.close()
        }
    }

    @Test(.disabled(if: TestBroker.isExternal))
    func tailGoesOnWhenBrokersReturn() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 2)
            let tail = try self.tail(topic, broker)
            try await tail.start()
            try broker.embedded.setAllBrokers(up: false)
            #expect(try await tail.nextBatch(max: 5, timeout: .milliseconds(300)).messages.isEmpty)
            try broker.embedded.setAllBrokers(up: true)
            try await fill(topic, with: 5, broker)
            var count = 0
            while count < 5 { count += try await tail.nextBatch(max: 5, timeout: .seconds(1)).messages.count }
            #expect(count == 5)
            await tail.close()
        }
    }

    @Test(.disabled(if: TestBroker.isExternal))
    func anOffsetOutOfRangeIsAGap() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            let tail = try self.tail(topic, broker)
            try await tail.start()
            // What a fetch is answered when retention has removed what it asks for.
            try broker.embedded.pushErrors(.fetch, rawCodes: [1, 1, 1])
            var hasGap = false
            while !hasGap { hasGap = try await tail.nextBatch(max: 5, timeout: .milliseconds(200)).hasGap }
            #expect(hasGap)
            await tail.close()
        }
    }

    /// Embedded brokers cannot delete a topic, so this is tried on what they would tell.
    @Test func aTopicThatWasMadeAnewWithFewerPartitionsNeedsANewTail() throws {
        let all = (0..<4 as Range<Int32>).map { KafkaTopicPartition(topic: "t", partition: $0) }
        #expect(try KafkaTail.added(all, to: Set(all)).isEmpty)
        #expect(try KafkaTail.added(all, to: Set(all[..<2])) == Set(all[2...]))
        for found in [Array(all[..<3]), Array(all[1...]), [KafkaTopicPartition(topic: "t", partition: 9)]] {
            #expect { try KafkaTail.added(found, to: Set(all)) } throws: { ($0 as? KafkaError)?.isFatal == true }
        }
    }

    @Test(arguments: [
        (
            "[thrd:main]: a-topic [12]: offset reset (at offset 7, broker 1) to BEGINNING: fetch failed due to "
                + "requested offset not available on the broker: Broker: Offset out of range",
            KafkaTopicPartition?.some(KafkaTopicPartition(topic: "a-topic", partition: 12))
        ),
        ("[thrd:main]: a-topic [12]: offset reset (at offset 7, broker 1) to END: timed out: Local: Timed out", nil),
        ("offset reset (at offset 7: Broker: Offset out of range", nil), ("", nil),
    ])
    func outOfRangeIsReadFromTheLog(line: String, expected: KafkaTopicPartition?) {
        #expect(OffsetResetLine.partition(in: line) == expected)
    }

    @Test func missingTopicsAreNamed() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            let admin = KafkaAdmin(configuration: broker.configuration, logger: testLogger("admin"))
            let missing = try await admin.missingTopics(of: ["notifi-none", topic, "notifi-none-2"])
            #expect(missing == ["notifi-none", "notifi-none-2"])
            // Asking made none.
            #expect(try await admin.missingTopics(of: ["notifi-none"]) == ["notifi-none"])
            try await admin.ping()
        }
    }

    @Test func lagIsWhatIsNotCommitted() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 3)
            let group = broker.makeGroup()
            let admin = KafkaAdmin(configuration: broker.configuration, logger: testLogger("admin"))
            try await fill(topic, with: 30, broker)
            #expect(try await admin.lag(group: group, topics: [topic]) == 30)
            try await withConsumer(try broker.consumer(broker.options(group: group, topic: topic))) { consumer in
                _ = try await consumer.take(12)
            }
            #expect(try await admin.lag(group: group, topics: [topic]) == 18)
            await #expect { try await admin.lag(group: group, topics: ["notifi-none"]) } throws: {
                ($0 as? KafkaError)?.isUnknownTopic == true
            }
        }
    }

    @Test func withoutBrokersTheAnswerIsBounded() async throws {
        let admin = KafkaAdmin(configuration: KafkaConfiguration(brokers: "127.0.0.1:1"), logger: testLogger("admin"))
        let start = ContinuousClock.now
        await #expect(throws: KafkaError.self) { try await admin.ping(timeout: .milliseconds(300)) }
        await #expect(throws: KafkaError.self) {
            try await admin.createTopics(
                [KafkaTopicSpecification(name: "t", partitions: 1, replication: 1)], timeout: .milliseconds(300))
        }
        await #expect(throws: KafkaError.self) {
            try await admin.lag(group: "g", topics: ["t"], timeout: .milliseconds(300))
        }
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test(.disabled(if: TestBroker.isExternal))
    func embeddedBrokersHaveNoTopicCreation() async throws {
        try await withBroker { broker in
            let admin = KafkaAdmin(configuration: broker.configuration, logger: testLogger("admin"))
            await #expect {
                try await admin.createTopics(
                    [KafkaTopicSpecification(name: "t", partitions: 1, replication: 1)], timeout: .seconds(1))
            } throws: { [.unsupported, .timedOut].contains(($0 as? KafkaError)?.code) }
        }
    }

    @Test(.enabled(if: TestBroker.isExternal))
    func topicsThatExistAreReportedAsSuch() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            let admin = KafkaAdmin(configuration: broker.configuration, logger: testLogger("admin"))
            let specification = KafkaTopicSpecification(name: topic, partitions: 1, replication: 1)
            #expect(try await admin.createTopics([specification]) == [topic: .alreadyExists])
        }
    }
}
