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
            let member: @Sendable (Int) throws -> KafkaConsumer = { index in
                var options = broker.options(group: group, topic: topic, sessionTimeout: .seconds(10)) {
                    seen[index].record(.event($0))
                }
                options.assignmentStrategy = strategy
                return try broker.consumer(options)
            }
            let isDone = Recorder<Void>()
            let handle: @Sendable (Int, KafkaConsumer) async throws -> Void = { index, consumer in
                while isDone.all.isEmpty {
                    let batch = try await consumer.nextBatch(max: 20, timeout: .milliseconds(100))
                    if batch.isEmpty { continue }
                    try await consumer.keepingMembership([batch]) {
                        for message in batch.messages {
                            seen[index].record(.handled(message.topicPartition, message.offset))
                        }
                        // Slow enough that there is work under way when the other member comes.
                        try await Task.sleep(for: .milliseconds(2))
                    }
                    try await consumer.complete(batch)
                }
            }
            let first = try member(0)
            try await send(0..<total / 2, to: topic, broker)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await handle(0, first) }
                while Self.handled(seen).isEmpty { try await Task.sleep(for: .milliseconds(10)) }
                // From here on there is always work under way when partitions change hands.
                let second = try member(1)
                tasks.addTask { try await handle(1, second) }
                while await second.assignment.isEmpty { try await Task.sleep(for: .milliseconds(50)) }
                try await send(total / 2..<total, to: topic, broker)
                while Self.handled(seen).count < total { try await Task.sleep(for: .milliseconds(50)) }
                isDone.record(())
                try await tasks.waitForAll()
                for consumer in [first, second] {
                    #expect(await consumer.assignment.count == 2)
                    await consumer.close()
                }
            }
            #expect(Self.handled(seen).count == total)
            for recorder in seen { Self.checkThatOnlyHeldPartitionsAreCommitted(recorder.all) }
        }
    }

    @Test func givingAwayWaitsForTheWork() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 2)
            let group = broker.makeGroup()
            try await fill(topic, with: 50, broker)
            let events = Recorder<KafkaConsumerEvent>()
            // Embedded brokers wait for members only about as long as a session; others as long as max.poll.interval.
            var options = broker.options(group: group, topic: topic, sessionTimeout: .seconds(10)) { events.record($0) }
            // Range: everything is given up in every rebalance.
            options.assignmentStrategy = .range
            options.pauseAfter = .milliseconds(50)
            options.revokeGrace = .seconds(60)
            var others = options
            others.onEvent = nil
            try await withConsumer(try broker.consumer(options)) { [others] first in
                let held = try await first.nextBatch(max: 5, timeout: .seconds(30))
                #expect(!held.isEmpty)
                try await withConsumer(try broker.consumer(others)) { second in
                    try await withThrowingTaskGroup(of: Void.self) { tasks in
                        let mayEnd = Recorder<Void>()
                        tasks.addTask {
                            try await first.keepingMembership([held]) {
                                while mayEnd.all.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
                            }
                            #expect(!events.all.contains { if case .revoked = $0 { true } else { false } })
                            try await first.complete(held)
                            while await second.assignment.isEmpty {
                                try await first.complete(
                                    try await first.nextBatch(max: 50, timeout: .milliseconds(100)))
                            }
                        }
                        tasks.addTask {
                            let end = ContinuousClock.now + .seconds(5)
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
            // Embedded brokers take no commit while members join, so there the messages are handed out again.
            guard TestBroker.isExternal else { return }
            let order = events.all.compactMap { event -> String? in
                switch event {
                case .committed: "committed"
                case .revoked: "revoked"
                case .assigned, .lost, .offsetOutOfRange: nil
                }
            }
            #expect(order.prefix(2) == ["committed", "revoked"])
        }
    }

    @Test func givingAwayWaitsForEveryBatchUnderWay() async throws {
        try await withBroker { broker in
            let topic = try await broker.makeTopic(partitions: 1)
            let group = broker.makeGroup()
            try await fill(topic, with: 50, broker)
            let events = Recorder<KafkaConsumerEvent>()
            let isRevoked: @Sendable () -> Bool = {
                events.all.contains { if case .revoked = $0 { true } else { false } }
            }
            // Far longer than the work below: embedded brokers wait only about as long for who is to join again.
            var options = broker.options(group: group, topic: topic, sessionTimeout: .seconds(20)) { events.record($0) }
            options.assignmentStrategy = .range
            options.pauseAfter = .milliseconds(50)
            options.revokeGrace = .seconds(60)
            var others = options
            others.onEvent = nil
            try await withConsumer(try broker.consumer(options)) { [others] first in
                let one = try await first.nextBatch(max: 5, timeout: .seconds(30))
                let two = try await first.nextBatch(max: 5, timeout: .seconds(30), keeping: [one])
                #expect(one.messages.count + two.messages.count > one.messages.count)
                try await withConsumer(try broker.consumer(others)) { second in
                    try await withThrowingTaskGroup(of: Void.self) { tasks in
                        let mayEnd = Recorder<Void>()
                        tasks.addTask {
                            try await first.keepingMembership([one, two]) {
                                while mayEnd.all.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
                            }
                            try await first.complete(one, keeping: [two])
                            // The group asks for the partition: no more of it is taken, and it is not given yet.
                            let more = try await first.nextBatch(max: 5, timeout: .zero, keeping: [two])
                            #expect(more.isEmpty && !isRevoked())
                            try await first.keepingMembership([two]) { #expect(!isRevoked()) }
                            try await first.complete(two)
                            while !isRevoked() {
                                try await first.complete(
                                    try await first.nextBatch(max: 50, timeout: .milliseconds(100)))
                            }
                        }
                        tasks.addTask {
                            // Within this, its heartbeat tells the first one that another has come.
                            let end = ContinuousClock.now + .seconds(7)
                            while ContinuousClock.now < end {
                                #expect(try await second.nextBatch(max: 1, timeout: .milliseconds(500)).isEmpty)
                            }
                            mayEnd.record(())
                            while !isRevoked() { _ = try await second.nextBatch(max: 1, timeout: .milliseconds(100)) }
                        }
                        try await tasks.waitForAll()
                    }
                }
            }
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
                            try await first.keepingMembership([batch]) {
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
