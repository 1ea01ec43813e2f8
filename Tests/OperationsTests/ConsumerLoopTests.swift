import Foundation
import Kafka
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import Operations

/// The two phases of the work on batches, with a real consumer of an embedded broker.
@Suite(.timeLimit(.minutes(4))) struct ConsumerLoopTests {
    /// What happened, in order, and gates that hold a phase until a test opens them.
    private final class Diary: Sendable {
        enum Entry: Hashable {
            case began(Int)
            case begun(Int)
            case finishing(Int)
            case finished(Int)
        }

        private struct State {
            var entries: [Entry] = []
            var offsets: [Int64] = []
            var batches = 0
            var isOpen = true
        }

        private let state = Mutex(State())

        var entries: [Entry] { self.state.withLock { $0.entries } }
        var offsets: [Int64] { self.state.withLock { $0.offsets } }
        func write(_ entry: Entry) { self.state.withLock { $0.entries.append(entry) } }
        func take(_ batch: KafkaBatch) -> Int {
            self.state.withLock { state in
                state.offsets += batch.messages.map(\.offset)
                state.batches += 1
                state.entries.append(.began(state.batches))
                return state.batches
            }
        }
        func setOpen(_ isOpen: Bool) { self.state.withLock { $0.isOpen = isOpen } }
        /// Waits for an event, which a test or the other phase brings about.
        func untilOpen() async throws { try await until { self.state.withLock { $0.isOpen } } }
    }

    private struct World: Sendable {
        let broker: EmbeddedBroker
        let logger = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
        let group = "g"
        let topic = "t"

        var kafka: KafkaConfiguration {
            KafkaConfiguration(brokers: self.broker.bootstrapServers, clientID: "tests")
        }

        func loop(batchSize: Int = 10, work: @escaping ConsumerLoop.Work) -> ConsumerLoop {
            // Never paused: what librdkafka has fetched is dropped by that, and would not be there when it is looked for.
            let options = KafkaConsumerOptions(
                group: self.group, topics: [self.topic], sessionTimeout: .seconds(3),
                fetchWaitMax: .milliseconds(5), pauseAfter: .seconds(240))
            return ConsumerLoop(
                configuration: self.kafka, options: options, batchSize: batchSize, failPoints: .requests,
                logger: self.logger, work: work)
        }

        func lag() async throws -> Int64 {
            try await KafkaAdmin(configuration: self.kafka, logger: self.logger)
                .lag(group: self.group, topics: [self.topic])
        }
    }

    private func withWorld(
        messages: Int, _ body: @escaping @Sendable (World) async throws -> Void
    ) async throws {
        let logger = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
        let broker = try EmbeddedBroker(brokers: 1, logger: logger)
        defer { broker.close() }
        let world = World(broker: broker)
        try broker.createTopic(world.topic, partitions: 1)
        // All in one batch, so that what is taken first says that the rest is there: it is sent when it has all of them,
        // however slowly they come.
        var kafka = world.kafka
        kafka.properties["linger.ms"] = "20000"
        kafka.properties["batch.num.messages"] = "\(messages)"
        let producer = try KafkaProducer(configuration: kafka, logger: logger, messageTimeout: .seconds(30))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await producer.run() }
            defer { group.cancelAll() }
            let records = (0..<messages).map {
                KafkaRecord(topic: world.topic, key: nil, value: [UInt8($0)], partition: 0)
            }
            for result in await producer.send(records) { _ = try result.get() }
            try await body(world)
        }
    }

    /// Runs a loop until `body` has returned, stops it gracefully, and waits for its end.
    private func run(
        _ loop: ConsumerLoop, _ world: World, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [.init(service: loop)], logger: world.logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test("the next batch begins while the last one ends; phases of a kind follow each other, and all is committed")
    func overlap() async throws {
        try await self.withWorld(messages: 100) { world in
            let diary = Diary()
            let loop = world.loop { batch in
                let number = diary.take(batch)
                diary.write(.begun(number))
                return {
                    diary.write(.finishing(number))
                    // Until the next one has begun, where there is one: it would wait forever if that waited for this.
                    if number < 10 { try await until { diary.entries.contains(.begun(number + 1)) } }
                    diary.write(.finished(number))
                }
            }
            try await self.run(loop, world) { try await until { diary.entries.contains(.finished(10)) } }
            #expect(diary.offsets == Array(0..<100))
            let entries = diary.entries
            let begun = entries.compactMap { if case .began(let number) = $0 { number } else { nil } }
            let finished = entries.compactMap { if case .finished(let number) = $0 { number } else { nil } }
            #expect(begun == Array(1...10))
            #expect(finished == Array(1...10))
            for number in 1...8 {
                let end = try #require(entries.firstIndex(of: .finished(number)))
                let afterNext = try #require(entries.firstIndex(of: .began(number + 2)))
                #expect(end < afterNext, "two batches are under way at most")
            }
            #expect(try await world.lag() == 0)
        }
    }

    @Test("nothing is committed while the batch before is unfinished")
    func unfinished() async throws {
        try await self.withWorld(messages: 30) { world in
            let diary = Diary()
            diary.setOpen(false)
            let loop = world.loop { batch in
                let number = diary.take(batch)
                diary.write(.begun(number))
                return {
                    diary.write(.finishing(number))
                    try await diary.untilOpen()
                    diary.write(.finished(number))
                }
            }
            try await self.run(loop, world) {
                try await until { diary.entries.contains(.begun(2)) && diary.entries.contains(.finishing(1)) }
                #expect(try await world.lag() == 30)
                #expect(!diary.entries.contains(.began(3)))
                diary.setOpen(true)
                try await until { diary.entries.contains(.finished(3)) }
            }
            #expect(try await world.lag() == 0)
        }
    }

    private struct Failed: Error {}

    @Test("what fails in its first phase comes again; the one before it is done and does not", .timeLimit(.minutes(2)))
    func failureInTheFirst() async throws {
        try await self.withWorld(messages: 30) { world in
            let diary = Diary()
            let hasFailed = Mutex(false)
            let loop = world.loop { batch in
                let number = diary.take(batch)
                if batch.messages[0].offset == 10,
                    hasFailed.withLock({ before in
                        defer { before = true }
                        return !before
                    })
                {
                    throw Failed()
                }
                return { diary.write(.finished(number)) }
            }
            try await self.run(loop, world) { try await until { diary.offsets.count >= 40 } }
            #expect(diary.offsets == Array(0..<20) + Array(10..<30))
            #expect(try await world.lag() == 0)
        }
    }

    @Test("what fails in its second phase comes again, and with it the one that had begun", .timeLimit(.minutes(2)))
    func failureInTheSecond() async throws {
        try await self.withWorld(messages: 30) { world in
            let diary = Diary()
            let hasFailed = Mutex(false)
            let loop = world.loop { batch in
                let number = diary.take(batch)
                let isFirst = batch.messages[0].offset == 0
                return {
                    let fails =
                        isFirst
                        && hasFailed.withLock { before in
                            defer { before = true }
                            return !before
                        }
                    if fails {
                        try await until { diary.offsets.count >= 20 }
                        throw Failed()
                    }
                    diary.write(.finished(number))
                }
            }
            try await self.run(loop, world) { try await until { diary.offsets.count >= 50 } }
            #expect(diary.offsets == Array(0..<20) + Array(0..<30))
            let finished = diary.entries.compactMap { if case .finished(let number) = $0 { number } else { nil } }
            #expect(finished == [3, 4, 5])
            #expect(try await world.lag() == 0)
        }
    }

    @Test("a stop with two batches under way finishes both, begins no other, and commits them")
    func stop() async throws {
        try await self.withWorld(messages: 100) { world in
            let diary = Diary()
            diary.setOpen(false)
            let loop = world.loop { batch in
                let number = diary.take(batch)
                diary.write(.begun(number))
                return {
                    diary.write(.finishing(number))
                    try await withGracefulShutdownHandler {
                        try await diary.untilOpen()
                    } onGracefulShutdown: {
                        diary.setOpen(true)
                    }
                    diary.write(.finished(number))
                }
            }
            try await self.run(loop, world) {
                try await until { diary.entries.contains(.begun(2)) && diary.entries.contains(.finishing(1)) }
            }
            #expect(diary.offsets == Array(0..<20))
            #expect(diary.entries.contains(.finished(1)) && diary.entries.contains(.finished(2)))
            #expect(try await world.lag() == 80)
        }
    }
}

/// Looks again and again whether something that others bring about is there.
private func until(_ isThere: @Sendable () async throws -> Bool) async throws {
    while try await !isThere() { try await Task.sleep(for: .milliseconds(5)) }
}
