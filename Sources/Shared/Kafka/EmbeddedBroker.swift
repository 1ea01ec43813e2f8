public import Logging

public final class EmbeddedBroker: Sendable {
    public struct API: Sendable, Hashable {
        public let key: Int16
        public init(key: Int16) { self.key = key }
        public static let produce = API(key: 0)
        public static let fetch = API(key: 1)
        public static let listOffsets = API(key: 2)
        public static let metadata = API(key: 3)
        public static let offsetCommit = API(key: 8)
        public static let offsetFetch = API(key: 9)
        public static let findCoordinator = API(key: 10)
        public static let joinGroup = API(key: 11)
        public static let heartbeat = API(key: 12)
        public static let syncGroup = API(key: 14)
        public static let initProducerID = API(key: 22)
    }
    public let bootstrapServers: String = ""
    public init(brokers: Int = 3, logger: Logger? = nil) throws(KafkaError) {
        throw KafkaError(code: .unsupported, reason: "being written")
    }
    public func createTopic(_ name: String, partitions: Int, replication: Int = 1) throws(KafkaError) {}
    public func setBroker(_ id: Int32, up: Bool) throws(KafkaError) {}
    public func setTopicError(_ topic: String, rawCode: Int32) {}
    public func pushErrors(_ api: API, rawCodes: [Int32]) {}
    public func clearErrors(_ api: API) {}
    public func setRoundTripTime(_ time: Duration, broker id: Int32? = nil) throws(KafkaError) {}
    public func close() {}
}
