import CRdKafka
import Glibc

extension KafkaMessage {
    /// Copies everything, since one message that is kept keeps the whole fetched chunk.
    ///
    /// - Parameter topic: as `topicName(of:like:)` gives it.
    init(copying message: UnsafeMutablePointer<rd_kafka_message_t>, topic: String) {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let timestamp = unsafe rd_kafka_message_timestamp(message, &kind)
        unsafe self.init(
            topic: topic, partition: message.pointee.partition,
            offset: message.pointee.offset, timestampMilliseconds: timestamp,
            key: Self.bytes(message.pointee.key, message.pointee.key_len),
            value: Self.bytes(message.pointee.payload, message.pointee.len), headers: Self.headers(of: message))
    }

    /// - Parameter known: given back where it is this message's too, as it mostly is: a text for each would be one more
    ///   allocation.
    static func topicName(of message: UnsafeMutablePointer<rd_kafka_message_t>, like known: String) -> String {
        guard let topic = unsafe message.pointee.rkt.flatMap({ unsafe rd_kafka_topic_name($0) }) else { return "" }
        let isKnown = unsafe known.withCString { unsafe strcmp($0, topic) == 0 }
        return isKnown ? known : unsafe String(cString: topic)
    }

    private static func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> [UInt8]? {
        unsafe start.map { unsafe [UInt8](UnsafeRawBufferPointer(start: $0, count: count)) }
    }

    private static func headers(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> [KafkaHeader] {
        var list: OpaquePointer?
        guard unsafe rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list = unsafe list
        else {
            return []
        }
        return unsafe (0..<rd_kafka_header_cnt(list)).compactMap { index in
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var size = 0
            guard unsafe rd_kafka_header_get_all(list, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR,
                let name = unsafe name
            else { return nil }
            return unsafe KafkaHeader(name: String(cString: name), value: Self.bytes(value, size) ?? [])
        }
    }
}
