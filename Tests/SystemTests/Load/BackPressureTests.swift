import Foundation
import Kafka
import Notifications
import Testing
import Wire

@testable import Harness
@testable import Notifi

extension EndToEnd.Loaded {
    /// What is slower than the load lets the lag grow, and nothing else.
    @Suite struct BackPressureTests {
        @Test("a delivery that stands still: POSTs and the router go on, and all arrives afterwards")
        func deliveryStandsStill() async throws {
            let installation = try await Installation.healthy
            let users = installation.users(60, "behind")
            let router = installation[.router]
            let delivery = installation[.delivery]
            let lag = "notifi_consumer_lag{topic=\"\(installation.topics.deliveries)\"}"
            let before = try router.residentKiB()
            let (accepted, posts) = try await installation.database.withWritesHeldUp(in: "inbox") {
                let (accepted, posts) = try await Self.sendBatches(4, of: 20, to: users, in: installation)
                try await installation.untilRouted()
                try await require("delivery's lag is told", within: .seconds(20)) {
                    try await delivery.metric(lag) >= Double(accepted.count - 1_000)
                }
                #expect(try await installation.database.countInInbox(of: users) == 0)
                return (accepted, posts)
            }
            let growth = try router.residentKiB() - before
            print("delivery stood still: \(posts.figures); the router grew by \(growth) KiB")
            #expect(accepted.count == 60 * 4 * 20)
            #expect(posts.percentile(99) < .seconds(2), "\(posts.figures)")
            #expect(growth < 32 * 1_024, "by \(growth) KiB")
            #expect(
                try await router.metric("notifi_consumer_held_records{topic=\"\(installation.topics.requests)\"}") == 0)
            try await installation.expectArrivals(accepted, to: users)
            try await require("the lag is gone", within: .seconds(20)) { try await delivery.metric(lag) == 0 }
        }

        @Test("a router that stands still before a large backlog keeps to its bound and its place, and goes on")
        func routerHoldsItsBound() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "bound")[0]
            let router = installation[.router]
            // Without a bound librdkafka would hold 64 MiB of these 48.
            let records = try Self.backlog(6_000, bytes: 8_000, for: user, in: installation)
            let before = try router.residentKiB()
            let rebalances = Self.rebalances(in: router)
            let held = "notifi_consumer_held_records{topic=\"\(installation.topics.requests)\"}"
            let lag = "notifi_consumer_lag{topic=\"\(installation.topics.requests)\"}"
            let most = Shared((kibibytes: 0, held: 0.0))
            try await installation.database.withWritesHeldUp(in: "outbox") {
                for start in stride(from: 0, to: records.count, by: 200) {
                    try await installation.brokers.produce(Array(records[start..<start + 200]))
                }
                // Twice as long as a session, and as a statement may wait for the table.
                let end = ContinuousClock.now + .seconds(8)
                while ContinuousClock.now < end {
                    let now = (try router.residentKiB(), try await router.metric(held))
                    most.change { $0 = (max($0.kibibytes, now.0), max($0.held, now.1)) }
                    try await Task.sleep(for: .milliseconds(100))
                }
                try await require("its lag is told", within: .seconds(20)) {
                    try await router.metric(lag) == Double(records.count)
                }
            }
            print("router before 48 MiB: held \(most.value.held) records, grew by \(most.value.kibibytes - before) KiB")
            // Two batches: one waits for Postgres, the next one for it.
            let batch = Double(LoadedInstallation.batchKiB * 1_024 / 8_000 + 1)
            #expect(most.value.held >= 1 && most.value.held <= 2 * batch)
            // What is fetched ahead, once more from each of three brokers, and the batches in their several forms.
            #expect(most.value.kibibytes - before < 40 * 1_024, "grew by \(most.value.kibibytes - before) KiB")
            #expect(Self.rebalances(in: router) == rebalances, "it stayed in its group")
            try await installation.untilRouted(within: .seconds(60))
            #expect(try await installation.database.countInOutbox(of: [user]) == records.count)
            #expect(try await router.metric(held) == 0)
        }

        /// Batches for all users, six at once.
        private static func sendBatches(
            _ count: Int, of size: Int, to users: [String], in installation: Installation
        ) async throws -> ([Load.Accepted], [TimedAnswer]) {
            let answers = try await concurrently(users, atOnce: 6) { user in
                var accepted: [Load.Accepted] = []
                var posts: [TimedAnswer] = []
                for batch in 0..<count {
                    let outgoing = (0..<size).map { Outgoing(to: user, "\(batch * size + $0) for \(user)") }
                    let post = try await TimedAnswer.of { try await installation.service.postBatch(outgoing) }
                    try #require(post.answer.status == 200, "\(post.answer.text)")
                    posts.append(post)
                    for (place, result) in try post.answer.decode(BatchAnswer.self).results.enumerated() {
                        accepted.append(
                            Load.Accepted(
                                id: try #require(result.notification?.id), userID: user,
                                message: outgoing[place].message, schedule: nil, place: batch * size + place))
                    }
                }
                return (accepted, posts)
            }
            return (answers.flatMap(\.0), answers.flatMap(\.1))
        }

        /// Requests due in the year 2100, shared out evenly, since a partition of the embedded broker holds 5 MiB.
        private static func backlog(
            _ count: Int, bytes: Int, for user: String, in installation: Installation
        ) throws -> [KafkaRecord] {
            let now = Instant.current.flooredToMilliseconds
            let due = Instant(microseconds: 4_102_444_800_000_000)
            var random = SystemRandomNumberGenerator()
            let text = String(repeating: "x", count: bytes)
            return try (0..<count).map { number in
                let one = Notifications.Notification(
                    id: .fresh(at: now, using: &random), service: installation.service.id, userID: user,
                    content: .init(eventType: "new_message", message: text), acceptedAt: now, dueAt: due,
                    isScheduled: true)
                var record = try one.record(on: installation.topics.requests)
                record.partition = Int32(number % 16)
                return record
            }
        }

        private static func rebalances(in daemon: DaemonProcess) -> Int {
            daemon.log.split(separator: "\n").count {
                $0.contains("partitions lost") || $0.contains("partitions revoked")
            }
        }
    }
}
