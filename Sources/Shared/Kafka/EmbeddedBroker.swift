public import Logging

/// A cluster of brokers inside this process, for trying out and for tests: it speaks the real protocol over TCP to real
/// clients on 127.0.0.1.
///
/// It keeps everything in memory and nothing beyond its own life, drops the oldest data of a partition beyond 5 MiB,
/// takes whatever ports are free, makes topics on first use (with 4 partitions), and settles a rebalance only after
/// about the session timeout of the group. All calls may be made from any thread; they take milliseconds.
public final class EmbeddedBroker: Sendable {
    /// A kind of request, by its number in the protocol.
    public struct API: Sendable, Hashable {
        public let key: Int16

        public init(key: Int16) {
            self.key = key
        }

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

    /// For ``KafkaConfiguration/brokers``.
    public let bootstrapServers: String

    /// The brokers' ids.
    public let brokers: ClosedRange<Int32>

    private let cluster: MockCluster

    /// Starts the brokers; their ids are 1 to `brokers`.
    ///
    /// - Parameter brokers: How many, 1 to 10.
    public init(brokers: Int = 3, logger: Logger = Logger(label: "kafka.embedded")) throws(KafkaError) {
        guard (1...10).contains(brokers) else {
            throw KafkaError(
                code: .invalidConfiguration, reason: "1 to 10 embedded brokers are possible, not \(brokers)")
        }
        self.cluster = try MockCluster(brokers: Int32(brokers), context: ClientContext(logger: logger))
        self.brokers = 1...Int32(brokers)
        self.bootstrapServers = self.cluster.bootstrapServers
    }

    deinit {
        self.cluster.close()
    }

    /// - Throws: ``KafkaError`` with code `topicExists`, or `closed`.
    public func createTopic(_ name: String, partitions: Int, replication: Int = 1) throws(KafkaError) {
        try self.cluster.createTopic(name, partitions: Int32(partitions), replication: Int32(replication))
    }

    /// Takes a broker down, with all its connections cut, or up again. It keeps its data. Partitions that it leads stay
    /// with it and are unavailable meanwhile.
    public func setBroker(_ id: Int32, up isUp: Bool) throws(KafkaError) {
        try self.cluster.setBroker(id, up: isUp)
    }

    /// As ``setBroker(_:up:)``, for all of them.
    public func setAllBrokers(up isUp: Bool) throws(KafkaError) {
        for id in self.brokers { try self.setBroker(id, up: isUp) }
    }

    /// Lets one partition be led by this broker.
    public func setLeader(of partition: KafkaTopicPartition, to id: Int32) throws(KafkaError) {
        try self.cluster.setLeader(of: partition, to: id)
    }

    /// Brokers answer with this error whoever asks for the topic; 0 ends that. 3 is "unknown topic or partition".
    public func setTopicError(_ topic: String, rawCode: Int32) {
        self.cluster.setTopicError(topic, rawCode: rawCode)
    }

    /// The next requests of this kind are answered with these codes (0 is none), one each. A negative code,
    /// librdkafka's -195 (transport), cuts the connection instead. Without effect on `metadata`; see
    /// ``setTopicError(_:rawCode:)``.
    public func pushErrors(_ api: API, rawCodes: [Int32]) {
        self.cluster.pushErrors(api.key, rawCodes: rawCodes)
    }

    /// Each broker's next answers to requests of this kind come so much later: to a produce request after the records
    /// were appended. Those behind them on the same connection wait as well. What is not met stays.
    public func pushLatency(_ api: API, _ time: Duration, count: Int) throws(KafkaError) {
        for id in self.brokers { try self.cluster.pushLatency(api.key, time, count: count, broker: id) }
    }

    /// Forgets what ``pushErrors(_:rawCodes:)`` left for this kind of request.
    public func clearErrors(_ api: API) {
        self.cluster.clearErrors(api.key)
    }

    /// Delays every answer by so long; for one broker, or all.
    public func setRoundTripTime(_ time: Duration, broker id: Int32? = nil) throws(KafkaError) {
        for id in id.map({ $0...$0 }) ?? self.brokers { try self.cluster.setRoundTripTime(time, broker: id) }
    }

    /// Ends the brokers, without waiting for it: that takes them up to a second. Further calls throw or do nothing.
    /// Without effect the second time.
    public func close() {
        self.cluster.close()
    }
}
