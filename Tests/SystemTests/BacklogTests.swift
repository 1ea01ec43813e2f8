import Foundation
import Kafka
import Notifications
import Postgres
import Store
import Testing
import Wire

@testable import Harness
@testable import Notifi

/// Many replicas on many shards, and many due at the same second. `NOTIFI_TEST_BACKLOG=1000000` for that many,
/// `NOTIFI_TEST_POLLERS` and `NOTIFI_TEST_SHARDS` for one combination of them.
@Suite(
    .serialized, .notingTrouble, .alone, .timeLimit(.minutes(30)),
    .disabled(if: Brokers.areExternal, "the order is looked at from the start of a topic"))
struct BacklogTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        let pollers: Int
        let shards: Int
        let count: Int

        var testDescription: String { "\(self.count) rows, \(self.pollers) pollers, \(self.shards) shards" }

        static var all: [Shape] {
            let count = Self.number("NOTIFI_TEST_BACKLOG") ?? 20_000
            if let pollers = Self.number("NOTIFI_TEST_POLLERS") {
                return [Shape(pollers: pollers, shards: Self.number("NOTIFI_TEST_SHARDS") ?? 1, count: count)]
            }
            return [Shape(pollers: 1, shards: 1, count: count), Shape(pollers: 4, shards: 4, count: count)]
        }

        private static func number(_ variable: String) -> Int? {
            ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
        }

        var options: Installation.Options {
            Installation.Options(
                replicas: [.poller: self.pollers], environment: ["NOTIFI_OUTBOX_SHARDS": String(self.shards)])
        }
    }

    /// One that came out of the outbox, in the order in which it was published to its partition.
    private struct Arrival: Sendable {
        let place: OutboxPlace
        let claimedAt: Instant
        let partition: Int32
    }

    @Test(
        "what is due at the same second drains in the order of due times, each once",
        arguments: Shape.all)
    func drains(_ shape: Shape) async throws {
        try await withInstallation(shape.options) { installation in
            // Delivery would take most of the machine; what is looked at is what it would get.
            try await installation[.delivery].kill()
            let arrivals = Shared<[Arrival]>([])
            try await withBackground({ try await Self.consume(installation, arrivals) }) {
                try await Self.fill(installation, shape)
                try await require("all came out", within: .seconds(60 + Double(shape.count) / 500)) {
                    arrivals.value.count >= shape.count
                }
            }
            let all = arrivals.value
            #expect(Set(all.map(\.place.id)).count == shape.count)
            // Where a report came too late, a claim was rolled back and published again.
            let wasRepeated = installation.daemons(.poller).contains { $0.log.contains("claiming what is due failed") }
            #expect(all.count == shape.count || wasRepeated, "each once")
            #expect(all.allSatisfy { $0.claimedAt >= $0.place.dueAt })
            // A row can be overtaken by those of the claims that are under way, a batch for each poller, not by more.
            for (_, shard) in Dictionary(grouping: all, by: { Int($0.place.id.bytes[15]) % shape.shards }) {
                #expect(Self.overtaking(shard.sorted { $0.claimedAt < $1.claimedAt }) <= shape.pollers * 500)
            }
            for (_, partition) in Dictionary(grouping: all, by: \.partition) where shape.pollers == 1 {
                #expect(Self.overtaking(partition) == 0, "published in that order, so users' order is kept")
            }
            try await require("the claims are committed", within: .seconds(10)) {
                try await installation.database.pool.query("SELECT FROM outbox LIMIT 1").count == 0
            }
            Self.report(all, shape)
        }
    }

    /// How many that come later in the order one of them has overtaken, at most.
    private static func overtaking(_ arrivals: [Arrival]) -> Int {
        let order = arrivals.indices.sorted { (arrivals[$0].place, $0) < (arrivals[$1].place, $1) }
        return zip(order, order.indices).map { abs($0 - $1) }.max() ?? 0
    }

    private static func report(_ all: [Arrival], _ shape: Shape) {
        let times = all.map(\.claimedAt.microseconds).sorted()
        let part = min(100_000, shape.count / 4)
        func rate(_ times: ArraySlice<Int64>) -> Int {
            Int(Double(times.count) / (Double((times.last ?? 0) - (times.first ?? 0)) / 1_000_000))
        }
        print(
            "\(shape.testDescription): \(rate(times[...])) rows/s; the first \(part) at \(rate(times.prefix(part))),"
                + " the last at \(rate(times.suffix(part)))")
    }

    /// Within one transaction, so that all is due at once. The due times are the thousand milliseconds of
    /// one second.
    private static func fill(_ installation: Installation, _ shape: Shape) async throws {
        let payload = try Notification(
            id: NotificationID(uuid: UUID(bytes: [UInt8](repeating: 0, count: 16))), service: installation.service.id,
            userID: "user-000", content: Notification.Content(eventType: "new_message", message: "It is time."),
            acceptedAt: .current, dueAt: .current, isScheduled: true
        ).encoded()
        // The id is the first field and the user the third one: 2 + 16 + 2 + 16 + 2 bytes before it.
        try #require(payload[..<2] == [0x0A, 16] && payload[36..<38] == [0x1A, 8])
        let connection = try await PostgresConnection.connect(
            PostgresConfiguration(url: installation.database.server.url, statementTimeout: .zero), logger: quiet)
        _ = try await connection.query(
            """
            INSERT INTO outbox (shard, id, due_at, service_id, user_id, revision, accepted_at, payload)
            SELECT (n % 256) % $2, i.id, t.second + (n::int8 * 7919 % 1000) * interval '1 ms', $3, u.name, 0, t.second,
                overlay(overlay($4 placing uuid_send(i.id) from 3) placing convert_to(u.name, 'UTF8') from 39)
            FROM generate_series(1, $1) AS n,
                (SELECT date_trunc('second', clock_timestamp()) - interval '2 s' AS second) t,
                LATERAL (SELECT ('01980000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id) i,
                LATERAL (SELECT 'user-' || lpad((n * 31 % 1000)::text, 3, '0') AS name) u
            """,
            [.int4(Int32(shape.count)), .int4(Int32(shape.shards)), .uuid(installation.service.id), .bytea(payload)])
        await connection.close()
    }

    private static func consume(_ installation: Installation, _ arrivals: Shared<[Arrival]>) async throws {
        let options = KafkaConsumerOptions(
            group: "backlog", topics: [installation.topics.deliveries], sessionTimeout: .seconds(3),
            fetchWaitMax: .milliseconds(5))
        let consumer = try KafkaConsumer(
            configuration: installation.brokers.configuration, options: options, logger: quiet)
        defer { Task { await consumer.close() } }
        while true {
            let batch = try await consumer.nextBatch(max: 10_000, timeout: .milliseconds(500)).messages
            // All but the first one, which the installation was tried with.
            let new = try batch.map { ($0.partition, try Notification($0)) }.compactMap { partition, notification in
                notification.claimedAt.map {
                    Arrival(
                        place: OutboxPlace(dueAt: notification.dueAt, id: notification.id), claimedAt: $0,
                        partition: partition)
                }
            }
            arrivals.change { $0 += new }
        }
    }
}
