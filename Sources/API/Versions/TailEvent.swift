import FoundationEssentials
import Kafka
import Wire

/// What a record on `inbox-changes` means to this replica.
enum TailEvent: Sendable, Equatable {
    case changed(UserKey, version: Int64)
    /// This user's inbox changed, in words of a later version of Notifi.
    case unreadable(UserKey)
    /// This replica's own heartbeat came back.
    case heartbeat(UInt64, partition: Int32)

    /// - Returns: `nil` for what means nothing here: other replicas' heartbeats, and what names no user.
    init?(_ message: KafkaMessage, replica: UUID) {
        if message.header(RecordHeader.heartbeat) != nil {
            guard let heartbeat = InboxHeartbeat(message), heartbeat.replica == replica else { return nil }
            self = .heartbeat(heartbeat.number, partition: message.partition)
            return
        }
        do {
            let change = try InboxChange(encoded: message.value ?? [])
            self = .changed(UserKey(change.userID), version: change.version)
        } catch {
            guard let key = message.key else { return nil }
            self = .unreadable(UserKey(bytes: key))
        }
    }
}
