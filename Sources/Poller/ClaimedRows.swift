import FoundationEssentials
import Kafka
import Notifications
import Store
import Wire

/// Claimed rows, each put where it belongs.
struct ClaimedRows: Sendable {
    /// With the value of its record.
    private(set) var due: [(row: ClaimDue.Row, value: [UInt8])] = []
    private(set) var cancelled: [(notification: Notification, payload: [UInt8])] = []
    private(set) var unreadable: [(row: ClaimDue.Row, reason: WireError)] = []
    let count: Int
    let last: OutboxPlace?

    /// The ids of what is published, in that order.
    var published: [NotificationID] { self.due.map(\.row.id) + self.unreadable.map(\.row.id) }

    /// - Parameter rows: earliest first.
    init(_ rows: [ClaimDue.Row]) {
        self.count = rows.count
        self.last = rows.last?.place
        self.due.reserveCapacity(rows.count)
        for row in rows {
            do throws(WireError) {
                if row.isCancelled {
                    self.cancelled.append((try Notification(encoded: row.payload, trace: row.trace), row.payload))
                } else {
                    // Nothing is read: what has a bad field is delivery's to find, which reads all of them.
                    let value = try ClaimedPayload.encoded(
                        row.payload, dueAt: row.dueAt, revision: row.revision, claimedAt: row.claimedAt)
                    self.due.append((row, value))
                }
            } catch {
                self.unreadable.append((row, error))
            }
        }
    }

    /// What is published of those that are due, in their order.
    func records(on topic: String) -> [KafkaRecord] {
        self.due.map { row, value in
            KafkaRecord(
                topic: topic, key: Array(row.userID.utf8), value: value,
                headers: RecordHeader.headers(id: row.id, service: row.service, traceparent: row.traceparent))
        }
    }

    /// Leaves out what was not published after all.
    mutating func remove(_ ids: Set<NotificationID>) {
        guard !ids.isEmpty else { return }
        self.due.removeAll { ids.contains($0.row.id) }
        self.unreadable.removeAll { ids.contains($0.row.id) }
    }
}

extension ClaimDue.Row {
    /// The dead letter of a row that nobody can read. Its origin is the outbox: the shard stands for the partition, and
    /// a number made of the id for the offset, so that a second attempt is the same dead letter.
    func deadLetter(shard: Int32, reason: String, on topic: String) -> KafkaRecord {
        let number = self.id.bytes.suffix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        return DeadLetter.record(
            of: KafkaMessage(
                topic: "outbox", partition: shard, offset: Int64(number >> 1),
                timestampMilliseconds: self.dueAt.milliseconds, key: Array(self.userID.utf8), value: self.payload,
                headers: [
                    KafkaHeader(name: RecordHeader.notification, value: self.id.description),
                    KafkaHeader(name: RecordHeader.service, value: self.service.uuidString.lowercased()),
                ]),
            reason: reason, attempts: 1, on: topic)
    }
}
