import Kafka
import TestSupport
import Testing
import Wire

@testable import Harness

/// What the embedded brokers can be made to do.
struct BrokerFaults: Sendable {
    /// As `Brokers.start` makes the topics.
    private static let partitions: Int32 = 16

    let brokers: Brokers

    func inject(_ entry: FaultPlan.Entry, random: SeededGenerator) async throws {
        let embedded = try #require(self.brokers.embedded)
        var random = random
        switch entry.kind {
        case .brokersDown(let ids):
            for id in ids { try embedded.setBroker(id, up: false) }
            try await Task.sleep(for: entry.lasts)
            for id in ids { try embedded.setBroker(id, up: true) }
        case .leadersMoved(let count):
            for partition in self.partitions(count, &random) {
                try embedded.setLeader(of: partition, to: .random(in: 1...3, using: &random))
            }
        case .leadersGone(let count):
            let partitions = self.partitions(count, &random)
            for partition in partitions { try embedded.setLeader(of: partition, to: -1) }
            try await Task.sleep(for: entry.lasts)
            for partition in partitions {
                try embedded.setLeader(of: partition, to: .random(in: 1...3, using: &random))
            }
        case .brokerErrors(let kind, let code, let count):
            embedded.pushErrors(kind.api, rawCodes: Array(repeating: code, count: count))
            try await Task.sleep(for: entry.lasts)
            embedded.clearErrors(kind.api)
        case .answersLate(let kind, let milliseconds, let count):
            try embedded.pushLatency(kind.api, .milliseconds(milliseconds), count: count)
            try await Task.sleep(for: entry.lasts)
        case .topicsUnknown(let code):
            let topic = self.brokers.topics.all[Int.random(in: 0..<self.brokers.topics.all.count, using: &random)]
            embedded.setTopicError(topic, rawCode: code)
            try await Task.sleep(for: entry.lasts)
            embedded.setTopicError(topic, rawCode: 0)
        case .brokersSlow(let milliseconds):
            try embedded.setRoundTripTime(.milliseconds(milliseconds))
            try await Task.sleep(for: entry.lasts)
            try embedded.setRoundTripTime(.zero)
        default: break
        }
    }

    /// Ends whatever an injection that failed has left.
    func heal() throws {
        let embedded = try #require(self.brokers.embedded)
        try embedded.setAllBrokers(up: true)
        try embedded.setRoundTripTime(.zero)
        for kind in FaultKind.RequestKind.allCases { embedded.clearErrors(kind.api) }
        for topic in self.brokers.topics.all { embedded.setTopicError(topic, rawCode: 0) }
    }

    private func partitions(_ count: Int, _ random: inout SeededGenerator) -> [KafkaTopicPartition] {
        let topics = self.brokers.topics.all
        return (0..<count).map { _ in
            KafkaTopicPartition(
                topic: topics[Int.random(in: 0..<topics.count, using: &random)],
                partition: .random(in: 0..<Self.partitions, using: &random))
        }
    }
}

extension FaultKind.RequestKind {
    var api: EmbeddedBroker.API {
        switch self {
        case .produce: .produce
        case .fetch: .fetch
        case .listOffsets: .listOffsets
        case .offsetCommit: .offsetCommit
        case .offsetFetch: .offsetFetch
        case .findCoordinator: .findCoordinator
        case .joinGroup: .joinGroup
        case .heartbeat: .heartbeat
        case .syncGroup: .syncGroup
        case .initProducerID: .initProducerID
        }
    }
}
