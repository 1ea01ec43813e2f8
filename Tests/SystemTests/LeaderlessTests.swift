import Kafka
import Notifications
import Postgres
import Testing
import Wire

@testable import Harness
@testable import Notifi

extension EndToEnd {
    /// P5, where some partitions of the deliveries take nothing for a while.
    @Suite(.disabled(if: Brokers.areExternal, "takes leaders from the embedded brokers"))
    struct LeaderlessTests {
        /// So small that those who cannot be served would fill it.
        private static let options = Installation.Options(environment: ["NOTIFI_POLLER_BATCH_SIZE": "10"])

        @Test("half of the partitions without a leader delay nobody else for good, and nothing is lost or doubled")
        func half() async throws {
            try await withInstallation(Self.options) { installation in
                let embedded = try #require(installation.brokers.embedded)
                let users = installation.users(24, "leaderless")
                let moments = [4.0, 6.0].map { Instant.inSeconds($0) }
                var accepted: [Load.Accepted] = []
                for moment in moments {
                    let batch = users.map { Outgoing(to: $0, "at \(moment)", at: moment) }
                    for (place, (one, result)) in zip(
                        batch, try await installation.service.sendBatch(batch)
                    ).enumerated() {
                        accepted.append(
                            Load.Accepted(
                                id: try #require(result.notification?.id), userID: one.userID, message: one.message,
                                schedule: moment, place: place))
                    }
                }
                try await require("all are in the outbox", within: .seconds(3)) {
                    try await installation.database.countInOutbox(of: users) == accepted.count
                }
                let partitions = (0..<8).map {
                    KafkaTopicPartition(topic: installation.topics.deliveries, partition: $0)
                }
                for partition in partitions { try embedded.setLeader(of: partition, to: -1) }

                // Whoever has anything now is on one of the others: within some time-outs they have all of theirs.
                let served = Shared<[String: Int]>([:])
                let isSo = try await eventually(within: .seconds(60), every: .milliseconds(250)) {
                    let counts = Dictionary(
                        grouping: try await installation.database.decisions(of: users), by: \.userID
                    ).mapValues(\.count)
                    served.change { $0 = counts }
                    let waiting = try await installation.waiting(users)
                    return counts.count >= 3 && counts.count + waiting == users.count
                        && counts.values.allSatisfy { $0 == moments.count }
                }
                #expect(isSo, "\(served.value)")
                #expect(served.value.count < users.count, "some have to be on those without a leader")
                for partition in partitions { try embedded.setLeader(of: partition, to: 1) }
                try await installation.expectArrivals(accepted, to: users, inOrder: false)
            }
        }
    }
}

extension Installation {
    /// Of these users, how many have all of theirs in the outbox still.
    fileprivate func waiting(_ users: [String]) async throws -> Int {
        try await self.database.pool.query(
            "SELECT FROM outbox WHERE user_id = ANY($1) GROUP BY user_id HAVING count(*) = 2", [.textArray(users)]
        ).count
    }
}
