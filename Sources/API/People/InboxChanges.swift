import Kafka
import Logging
import Wire

/// Tells this replica and the others that a user's inbox changed.
struct InboxChanges: Sendable {
    let versions: InboxVersions
    let producer: KafkaProducer
    let topics: Topics

    /// Waits for the report within the producer's bound. The change is committed already: where Kafka is away it is
    /// seen all the same, only later.
    func announce(_ userID: String, version: Int64, logger: Logger) async {
        self.versions.changed(userID, version: version)
        do {
            let record = KafkaRecord(
                topic: self.topics.inboxChanges, key: Array(userID.utf8),
                value: try InboxChange(userID: userID, version: version).encoded())
            _ = try await self.producer.send(record)
        } catch {
            logger.warning("a change could not be announced", error: error)
        }
    }
}
