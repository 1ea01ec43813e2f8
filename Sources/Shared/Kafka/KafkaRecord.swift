/// A header of a record.
public struct KafkaHeader: Sendable, Hashable {
    public var name: String
    public var value: [UInt8]

    public init(name: String, value: [UInt8]) {
        self.name = name
        self.value = value
    }

    public init(name: String, value: String) {
        self.init(name: name, value: [UInt8](value.utf8))
    }
}

/// A record to send.
public struct KafkaRecord: Sendable, Hashable {
    public var topic: String
    /// Records of one key go to one partition, in order; the choice is the same as that of Java clients. Without a key
    /// the partition is chosen at random.
    public var key: [UInt8]?
    public var value: [UInt8]
    public var headers: [KafkaHeader]
    /// Where it is to go whatever its key; nil lets the key decide. One that the topic does not have is refused with code
    /// `unknownPartition`.
    public var partition: Int32?

    public init(
        topic: String, key: [UInt8]?, value: [UInt8], headers: [KafkaHeader] = [], partition: Int32? = nil
    ) {
        self.topic = topic
        self.key = key
        self.value = value
        self.headers = headers
        self.partition = partition
    }
}

/// Where brokers stored a record.
public struct KafkaReceipt: Sendable, Hashable {
    public let topic: String
    public let partition: Int32
    public let offset: Int64

    public init(topic: String, partition: Int32, offset: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
    }
}

/// What became of one of several records that were sent together.
public struct KafkaReport: Sendable {
    /// Its place among them.
    public let index: Int
    public let result: Result<KafkaReceipt, KafkaError>
}

/// A record as received.
public struct KafkaMessage: Sendable, Hashable {
    public let topic: String
    public let partition: Int32
    public let offset: Int64
    /// Milliseconds since the Unix epoch, as given by the producer or the broker; -1 if there is none.
    public let timestampMilliseconds: Int64
    public let key: [UInt8]?
    /// nil where the record had none (a tombstone of a compacted topic).
    public let value: [UInt8]?
    public let headers: [KafkaHeader]

    public init(
        topic: String, partition: Int32, offset: Int64, timestampMilliseconds: Int64, key: [UInt8]?, value: [UInt8]?,
        headers: [KafkaHeader] = []
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.timestampMilliseconds = timestampMilliseconds
        self.key = key
        self.value = value
        self.headers = headers
    }

    /// The value of the last header with this name, nil if there is none.
    public func header(_ name: String) -> [UInt8]? {
        self.headers.last { $0.name == name }?.value
    }

    public var topicPartition: KafkaTopicPartition {
        KafkaTopicPartition(topic: self.topic, partition: self.partition)
    }
}

/// A partition of a topic.
public struct KafkaTopicPartition: Sendable, Hashable, CustomStringConvertible {
    public let topic: String
    public let partition: Int32

    public init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    public var description: String { "\(self.topic)[\(self.partition)]" }
}
