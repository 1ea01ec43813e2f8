import Kafka
import Testing
import Wire

@testable import Notifi

@Suite struct TopicPlanTests {
    private func settings(replication: Int32, hours: Int = 168) -> [String: [String: String]] {
        let plan = TopicPlan(
            topics: Topics(prefix: "p"), partitions: 16, replication: replication, retentionHours: hours)
        return Dictionary(uniqueKeysWithValues: plan.specifications.map { ($0.name, $0.settings) })
    }

    /// Whatever the cluster's defaults and the daemons' clocks: only the brokers' time ends a record.
    @Test func nothingIsLeftToTheCluster() throws {
        let all = self.settings(replication: 3)
        #expect(Set(all.keys) == ["p.requests", "p.deliveries", "p.inbox-changes", "p.dead-letters"])
        for (topic, settings) in all {
            let hours = topic == "p.inbox-changes" ? 1 : 168
            #expect(
                settings == [
                    "min.insync.replicas": "2", "retention.ms": "\(hours * 3_600_000)", "retention.bytes": "-1",
                    "cleanup.policy": "delete", "message.timestamp.type": "LogAppendTime",
                    "max.message.bytes": "1048588",
                ])
        }
    }

    @Test(arguments: [(1, "1"), (2, "1"), (3, "2"), (5, "2")] as [(Int32, String)])
    func howManyHaveToHaveIt(replication: Int32, minimum: String) {
        #expect(self.settings(replication: replication)["p.requests"]?["min.insync.replicas"] == minimum)
    }
}
