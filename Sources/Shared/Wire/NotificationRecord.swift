internal import FoundationEssentials
public import Kafka
public import Notifications

extension Notification {
    /// The record that carries it on `requests` or `deliveries`. Its key is the recipient, so that one worker sees all
    /// that concerns one user, in order.
    public func record(on topic: String) throws -> KafkaRecord {
        self.record(on: topic, value: try self.encoded())
    }

    /// The same of a payload that is this notification in all but `claimedAt`, without encoding all of it again: of a
    /// field that comes twice the last one counts, so the time goes behind it.
    public func record(on topic: String, claimed payload: [UInt8]) throws -> KafkaRecord {
        self.record(on: topic, value: payload + (try self.encodedClaim()))
    }

    private func record(on topic: String, value: [UInt8]) -> KafkaRecord {
        let headers = RecordHeader.headers(id: self.id, service: self.service, trace: self.trace)
        return KafkaRecord(topic: topic, key: Array(self.userID.utf8), value: value, headers: headers)
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
