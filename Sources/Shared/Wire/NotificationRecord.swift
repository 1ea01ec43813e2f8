internal import FoundationEssentials
public import Kafka
public import Notifications

extension Notification {
    /// The record that carries it on `requests` or `deliveries`. Its key is the recipient, so that one worker sees all
    /// that concerns one user, in order.
    public func record(on topic: String) throws -> KafkaRecord {
        var headers = [
            KafkaHeader(name: RecordHeader.notification, value: Array(self.id.description.utf8)),
            KafkaHeader(name: RecordHeader.service, value: Array(self.service.uuidString.lowercased().utf8)),
        ]
        if let trace = self.trace {
            headers.append(KafkaHeader(name: RecordHeader.traceparent, value: Array(trace.description.utf8)))
        }
        return KafkaRecord(topic: topic, key: Array(self.userID.utf8), value: try self.encoded(), headers: headers)
    }

    /// Reads a record of `requests` or `deliveries`.
    ///
    /// - Throws: `WireError`. The record is then a dead letter.
    public init(_ message: KafkaMessage) throws(WireError) {
        try self.init(
            encoded: message.value ?? [],
            trace: message.text(ofHeader: RecordHeader.traceparent).flatMap { TraceContext($0) })
    }
}

extension KafkaMessage {
    /// The last header of this name as text; `nil` where there is none.
    func text(ofHeader name: String) -> String? {
        self.header(name).map { String(decoding: $0, as: UTF8.self) }
    }
}
