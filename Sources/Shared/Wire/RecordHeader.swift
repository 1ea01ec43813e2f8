public import FoundationEssentials
public import Kafka
public import Notifications

/// The names of the headers that Notifi's records carry. Values are UTF-8 text.
public enum RecordHeader {
    /// W3C Trace Context, from the POST to the inbox row.
    public static let traceparent = "traceparent"
    /// The notification's id and the sending service's, so that a record whose value nobody can read still tells them.
    public static let notification = "notifi-id"
    public static let service = "notifi-service"

    /// Makes a record on `inbox-changes` a heartbeat; see ``InboxHeartbeat``.
    public static let heartbeat = "notifi-heartbeat"

    /// Where a dead letter came from, and why it is one. Its key and value are those of the record that it was.
    public static let originTopic = "notifi-origin-topic"
    public static let originPartition = "notifi-origin-partition"
    public static let originOffset = "notifi-origin-offset"
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public static let originTimestamp = "notifi-origin-timestamp"
    public static let reason = "notifi-reason"
    /// How often it was tried, from 1.
    public static let attempts = "notifi-attempts"

    /// What a record about a notification carries beside its value.
    public static func headers(id: NotificationID?, service: UUID?, traceparent: String?) -> [KafkaHeader] {
        var headers: [KafkaHeader] = []
        headers.reserveCapacity(3)
        if let id { headers.append(KafkaHeader(name: Self.notification, value: id.uuid.lowercasedASCII)) }
        if let service { headers.append(KafkaHeader(name: Self.service, value: service.lowercasedASCII)) }
        if let traceparent { headers.append(KafkaHeader(name: Self.traceparent, value: traceparent)) }
        return headers
    }
}
