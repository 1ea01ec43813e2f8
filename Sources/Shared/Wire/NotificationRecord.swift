internal import FoundationEssentials
public import Kafka
public import Notifications

extension Notification {
    /// The record that carries it on `requests` or `deliveries`. Its key is the recipient, so that one worker sees all
    /// that concerns one user, in order.
    public func record(on topic: String) throws -> KafkaRecord {
        KafkaRecord(
            topic: topic, key: Array(self.userID.utf8), value: try self.encoded(),
            headers: RecordHeader.headers(
                id: self.id, service: self.service, traceparent: self.trace?.description))
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
