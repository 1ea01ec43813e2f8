import FoundationEssentials
import Kafka
import Logging
import Operations
import Postgres
import Testing
import Wire

@testable import API

/// An announcement that fails is not the last one: what another replica holds in memory is put right soon.
@Suite(.timeLimit(.minutes(5))) struct InboxChangesTests {
    private static let quiet = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
    private static let topics = Topics(prefix: "p")

    @Test func whatFailedIsAnnouncedByAndBy() async throws {
        let broker = try EmbeddedBroker(brokers: 1, logger: Self.quiet)
        defer { broker.close() }
        try broker.createTopic(Self.topics.inboxChanges, partitions: 2)
        let kafka = KafkaConfiguration(brokers: broker.bootstrapServers, clientID: "tests")
        // It does not run yet, so that every send fails after half a second.
        let producer = try KafkaProducer(
            configuration: kafka, logger: Self.quiet, messageTimeout: .milliseconds(500))
        let pool = PostgresPool(
            configuration: PostgresConfiguration(url: "postgresql://127.0.0.1:1/x"), logger: Self.quiet)
        let own = InboxVersions(
            pool: pool, gate: Gate("lookup", Admission(mostRequests: 1), spreadSeconds: 1), limit: 10,
            expirySeconds: 600, lookUp: InboxLookups(pool: pool).version(of:))
        let changes = InboxChanges(versions: own, producer: producer, topics: Self.topics, limit: 2)

        var other = Replica(partitions: [0, 1])
        for user in ["ann", "bob", "cid"] { other.hold(7, of: user) }
        let tail = try KafkaTail(
            configuration: kafka, topic: Self.topics.inboxChanges, fetchWaitMax: .milliseconds(5), logger: Self.quiet)
        try await tail.start()
        for (user, version) in [("ann", 8), ("bob", 8), ("cid", 8), ("ann", 9)] as [(String, Int64)] {
            await changes.announce(user, version: version, logger: Self.quiet)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await ChangeAnnouncer(changes: changes, logger: Self.quiet).run() }
            group.addTask { try await producer.run() }
            defer { group.cancelAll() }
            while other.version(of: "ann") != .known(9) || other.version(of: "bob") != .known(8) {
                other.apply(try await tail.nextBatch(max: 10, timeout: .seconds(1)).messages)
            }
            #expect(other.version(of: "cid") == .known(7), "there was no room for it")
            // Whoever has been announced waits no more.
            await changes.announce("cid", version: 9, logger: Self.quiet)
            while other.version(of: "cid") != .known(9) {
                other.apply(try await tail.nextBatch(max: 10, timeout: .seconds(1)).messages)
            }
        }
        await tail.close()
    }
}

/// What another replica holds in memory, which its tail keeps right. Its heartbeats are taken as said.
private struct Replica {
    private let id = UUID()
    private let start = ContinuousClock.now
    private var map: VersionMap

    init(partitions: Set<Int32>) {
        self.map = VersionMap(limit: 10, expirySeconds: 600, origin: self.start)
        self.map.restart(partitions)
        let number = self.map.beat(at: self.start)
        for partition in partitions { self.map.returned(number, from: partition, at: self.start) }
    }

    mutating func hold(_ version: Int64, of userID: String) {
        guard case .unknown(let ticket) = self.map.ask(Person(userID), at: self.start) else { return }
        _ = self.map.enter(version, for: ticket)
    }

    mutating func version(of userID: String) -> VersionMap.Answer { self.map.ask(Person(userID), at: self.start) }

    mutating func apply(_ messages: [KafkaMessage]) {
        for message in messages {
            if case .changed(let user, let version) = TailEvent(message, replica: self.id) {
                self.map.apply(version, to: user)
            }
        }
    }
}
