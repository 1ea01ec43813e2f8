import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(4)))
struct RebalanceTests {
    /// What one member saw, in its order.
    private enum Seen: Sendable {
        case event(KafkaConsumerEvent)
        case handled(KafkaTopicPartition, Int64)
    }

    @Test(arguments: [KafkaConsumerOptions.AssignmentStrategy.cooperativeSticky, .range])
    func twoMembersHandleEverythingAndCommitOnlyTheirOwn(
        strategy: KafkaConsumerOptions.AssignmentStrategy
    ) async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 4)
            let group = broker.makeGroup()
            let total = 4_000
            let seen = [Recorder<Seen>(), Recorder<Seen>()]
            let members = try seen.map { recorder in
                var options = broker.options(group: group, topic: topic) { recorder.record(.event($0)) }
                options.assignmentStrategy = strategy
                return try broker.consumer(options)
            }
            let isDone = Recorder<Void>()
            let handle: @Sendable (Int) async throws -> Void = { index in
                let consumer = members[index]
                while isDone.all.isEmpty {
                    let batch = try await consumer.nextBatch(max: 20, timeout: .milliseconds(100))
                    if batch.isEmpty { continue }
                    try await consumer.keepingMembership(batch) {
                        for message in batch.messages { seen[index].record(.handled(message.topicPartition, message.offset)) }
                        // Slow enough that there is work under way when the other member comes.
                        try await Task.sleep(for: .milliseconds(2))
                    }
                    try await consumer.complete(batch)
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await handle(0) }
                while Self.handled(seen).isEmpty { try await Task.sleep(for: .milliseconds(10)) }
                tasks.addTask { try await handle(1) }
                tasks.addTask {
                    // Until both hold something and all is handled; the time limit ends it otherwise.
                    try await withProducer(broker.configuration) { producer in
                        for start in stride(from: 0, to: total, by: 200) {
                            let records = (start..<start + 200).map {
                                KafkaRecord(topic: topic, key: bytes("\($0)"), value: bytes("\($0)"))
                            }
                            for result in await producer.send(records) { _ = try result.get() }
                            if start == total / 2 {
                                while await members[1].assignment.isEmpty { try await Task.sleep(for: .milliseconds(50)) }
                            }
                        }
                    }
                    while Self.handled(seen).count < total { try await Task.sleep(for: .milliseconds(50)) }
                    isDone.record(())
                }
                try await tasks.waitForAll()
            }
            #expect(Self.handled(seen).count == total)
            for (index, recorder) in seen.enumerated() {
                Self.checkThatOnlyHeldPartitionsAreCommitted(recorder.all)
                let held = await members[index].assignment
                #expect(held.count == 2)
            }
            for member in members { await member.close() }
        }
    }

    @Test func givingAwayWaitsForTheWork() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 2)
            let group = broker.makeGroup()
            try await fill(topic, with: 50, broker)
            let events = Recorder<KafkaConsumerEvent>()
            var options = broker.options(group: group, topic: topic) { events.record($0) }
            options.pauseAfter = .milliseconds(50)
            options.revokeGrace = .seconds(60)
            try await withConsumer(try broker.consumer(options)) { first in
                var batch = try await first.nextBatch(max: 50, timeout: .seconds(30))
                while batch.messages.count < 50, Set(batch.messages.map(\.partition)).count < 2 {
                    try await first.complete(batch)
                    batch = try await first.nextBatch(max: 50, timeout: .seconds(30))
                }
                let held = batch
                try await withConsumer(try broker.consumer(broker.options(group: group, topic: topic))) { second in
                    try await withThrowingTaskGroup(of: Void.self) { tasks in
                        let mayEnd = Recorder<Void>()
                        tasks.addTask {
                            try await first.keepingMembership(held) {
                                while mayEnd.all.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
                            }
                            #expect(!events.all.contains { if case .revoked = $0 { true } else { false } })
                            try await first.complete(held)
                            while await second.assignment.isEmpty {
                                try await first.complete(try await first.nextBatch(max: 50, timeout: .milliseconds(100)))
                            }
                        }
                        tasks.addTask {
                            let end = ContinuousClock.now + .seconds(6)
                            while ContinuousClock.now < end {
                                #expect(try await second.nextBatch(max: 1, timeout: .milliseconds(500)).isEmpty)
                            }
                            mayEnd.record(())
                            _ = try await second.waitForAssignment(timeout: .seconds(60))
                        }
                        try await tasks.waitForAll()
                    }
                }
            }
            let committed = events.all.reduce(into: [KafkaTopicPartition: Int64]()) { sum, event in
                if case .committed(let offsets) = event { sum.merge(offsets) { $1 } }
            }
            #expect(committed.values.reduce(0, +) == 50)
        }
    }

    @Test func abandonedWorkIsNotCommitted() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            let group = broker.makeGroup()
            try await fill(topic, with: 10, broker)
            let events = Recorder<KafkaConsumerEvent>()
            // Range: whoever has one partition only gives it up in every rebalance.
            var options = broker.options(group: group, topic: topic) { events.record($0) }
            options.assignmentStrategy = .range
            options.pauseAfter = .milliseconds(50)
            options.revokeGrace = .milliseconds(100)
            var others = options
            others.onEvent = nil
            try await withConsumer(try broker.consumer(options)) { [others] first in
                let batch = try await first.nextBatch(max: 10, timeout: .seconds(30))
                try await withConsumer(try broker.consumer(others)) { second in
                    try await withThrowingTaskGroup(of: Void.self) { tasks in
                        tasks.addTask {
                            try await first.keepingMembership(batch) {
                                while !events.all.contains(where: { if case .revoked = $0 { true } else { false } }) {
                                    try await Task.sleep(for: .milliseconds(20))
                                }
                            }
                        }
                        tasks.addTask { _ = try await second.nextBatch(max: 1, timeout: .seconds(8)) }
                        try await tasks.waitForAll()
                    }
                }
                try await first.complete(batch)
            }
            #expect(!events.all.contains { if case .committed = $0 { true } else { false } })
            try await withConsumer(try broker.consumer(others)) { consumer in
                let again = try await consumer.take(10)
                #expect(again.map(\.offset) == Array(0..<10))
            }
        }
    }

    private static func handled(_ seen: [Recorder<Seen>]) -> Set<String> {
        Set(
            seen.flatMap(\.all).compactMap { entry in
                if case .handled(let partition, let offset) = entry { "\(partition)/\(offset)" } else { nil }
            })
    }

    private static func checkThatOnlyHeldPartitionsAreCommitted(_ entries: [Seen]) {
        var held: Set<KafkaTopicPartition> = []
        for case .event(let event) in entries {
            switch event {
            case .assigned(let partitions):
                #expect(held.isDisjoint(with: partitions))
                held.formUnion(partitions)
            case .revoked(let partitions), .lost(let partitions):
                #expect(held.isSuperset(of: partitions))
                held.subtract(partitions)
            case .committed(let offsets):
                #expect(held.isSuperset(of: offsets.keys))
            case .offsetOutOfRange:
                break
            }
        }
    }
}
