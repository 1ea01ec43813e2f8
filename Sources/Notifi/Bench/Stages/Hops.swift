import Kafka
import Notifications
import Operations
import Postgres
import Wire

/// Where the time of watched notifications goes, from the POST to when they are seen.
struct Hops: Sendable {
    /// Microseconds.
    var accepting = HdrHistogram()
    var answering = HdrHistogram()
    var routing = HdrHistogram()
    var delivering = HdrHistogram()
    var seeing = HdrHistogram()
    var all = HdrHistogram()

    /// What the pipeline itself wrote down about one notification.
    struct Trail: Sendable {
        let accepted: Instant
        /// To the millisecond, as Kafka dates a record; `nil` where it is not on the topic any more.
        let routed: Instant?
        let delivered: Instant
    }

    mutating func record(_ sample: VisibilityProbe.Sample, _ trail: Trail?) {
        self.answering.record(sample.due, sample.answered)
        self.all.record(sample.due, sample.seen)
        guard let trail else { return }
        self.accepting.record(sample.due, trail.accepted)
        self.seeing.record(trail.delivered, sample.seen)
        guard let routed = trail.routed else { return }
        self.routing.record(trail.accepted, routed)
        self.delivering.record(routed, trail.delivered)
    }

    mutating func merge(_ other: Hops) {
        self.accepting.merge(other.accepting)
        self.answering.merge(other.answering)
        self.routing.merge(other.routing)
        self.delivering.merge(other.delivering)
        self.seeing.merge(other.seeing)
        self.all.merge(other.all)
    }

    /// Name and histogram of each, in the order of the way.
    var steps: [(name: String, time: HdrHistogram)] {
        [
            ("POST due to accepted", self.accepting), ("accepted to routed", self.routing),
            ("routed to delivered", self.delivering), ("delivered to seen", self.seeing),
            ("**POST due to seen**", self.all), ("(POST due to its 202)", self.answering),
        ]
    }

    /// - Parameter prefix: of the users that were watched.
    static func trails(of prefix: String, on site: BenchSite, _ pool: PostgresPool) async throws -> [String: Trail] {
        let routed = try await Self.routed(prefix, on: site)
        let rows = try await pool.query(
            "SELECT user_id, accepted_at, delivered_at FROM inbox WHERE starts_with(user_id, $1)", [.text(prefix)])
        var trails: [String: Trail] = [:]
        for row in rows {
            let user = try row.decode("user_id", as: String.self)
            trails[user] = Trail(
                accepted: try row.time("accepted_at"), routed: routed[user], delivered: try row.time("delivered_at"))
        }
        return trails
    }

    /// When the router produced what it passed on, by the user.
    private static func routed(_ prefix: String, on site: BenchSite) async throws -> [String: Instant] {
        let consumer = try KafkaConsumer(
            configuration: site.kafka,
            options: KafkaConsumerOptions(
                group: "\(site.topicPrefix).hops", topics: [site.topics.deliveries], sessionTimeout: .seconds(6),
                fetchWaitMax: .milliseconds(5)), logger: Surroundings.logger)
        let result: Result<[String: Instant], any Error>
        do {
            result = .success(try await Self.read(prefix, by: consumer, on: site))
        } catch {
            result = .failure(error)
        }
        await consumer.close()
        return try result.get()
    }

    private static func read(
        _ prefix: String, by consumer: KafkaConsumer, on site: BenchSite
    ) async throws -> [String: Instant] {
        var left = try await site.lag(group: "\(site.topicPrefix).count", topic: site.topics.deliveries)
        var routed: [String: Instant] = [:]
        let deadline = ContinuousClock.now + .seconds(60)
        while left > 0, ContinuousClock.now < deadline {
            let batch = try await consumer.nextBatch(max: 10_000, timeout: .seconds(1))
            left -= Int64(batch.messages.count)
            for message in batch.messages {
                let user = message.key.map { String(decoding: $0, as: UTF8.self) } ?? ""
                if user.hasPrefix(prefix) {
                    routed[user] = Instant(microseconds: message.timestampMilliseconds * 1_000)
                }
            }
        }
        return routed
    }
}

extension HdrHistogram {
    fileprivate mutating func record(_ from: Instant, _ to: Instant) {
        self.record(to.microseconds - from.microseconds)
    }
}

extension PostgresRow {
    fileprivate func time(_ column: String) throws -> Instant {
        Instant(microseconds: try self.decode(column, as: PostgresTimestamp.self).microsecondsSinceUnixEpoch)
    }
}
