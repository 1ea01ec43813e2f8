/// How a ``KafkaConsumer`` takes part in its group.
public struct KafkaConsumerOptions: Sendable {
    /// How partitions are shared out among the members. All members of a group need the same.
    public enum AssignmentStrategy: String, Sendable, Hashable {
        case cooperativeSticky = "cooperative-sticky"
        case range = "range"
        case roundRobin = "roundrobin"
    }

    /// The group; a new one begins with the earliest messages.
    public var group: String
    public var topics: [String]
    /// After this long without a heartbeat the group gives the partitions to others. Default 45 s; at least 1 s;
    /// brokers allow 6 s to 30 min unless configured otherwise (the embedded one takes less).
    public var sessionTimeout: Duration
    /// A member that asks for nothing for this long leaves the group. At least `sessionTimeout`. Default 5 min.
    public var maxPollInterval: Duration
    /// How long a broker may wait for data before it answers an empty fetch. Default 500 ms. The embedded broker does
    /// not answer early when data arrives, so it wants 5 ms.
    public var fetchWaitMax: Duration
    /// Default: cooperative-sticky.
    public var assignmentStrategy: AssignmentStrategy
    /// How long a partition that is to be given away waits for the work on its messages to end, within
    /// ``KafkaConsumer/keepingMembership(_:_:)``. Afterwards the work's result no longer counts for that partition.
    /// Default 10 s.
    public var revokeGrace: Duration
    /// How long work may take before ``KafkaConsumer/keepingMembership(_:_:)`` pauses fetching and polls on. Default 1
    /// s.
    public var pauseAfter: Duration
    /// Bound of one commit. Default 5 s.
    public var commitTimeout: Duration
    /// How much is fetched ahead of what is asked for; a fetch that is under way may bring as much again. In KiB, at least
    /// 1,024. Default 16,384.
    public var queueKiB: Int
    /// A batch ends with the message that brings its keys and values to so many bytes. Default 8 MiB.
    public var batchBytes: Int
    /// Told of every change, on the consumer's own thread: don't block in it. Default: nobody.
    public var onEvent: (@Sendable (KafkaConsumerEvent) -> Void)?

    public init(
        group: String, topics: [String], sessionTimeout: Duration = .seconds(45),
        maxPollInterval: Duration = .seconds(300),
        fetchWaitMax: Duration = .milliseconds(500), assignmentStrategy: AssignmentStrategy = .cooperativeSticky,
        revokeGrace: Duration = .seconds(10), pauseAfter: Duration = .seconds(1), commitTimeout: Duration = .seconds(5),
        queueKiB: Int = 16_384, batchBytes: Int = 8 * 1_024 * 1_024,
        onEvent: (@Sendable (KafkaConsumerEvent) -> Void)? = nil
    ) {
        self.group = group
        self.topics = topics
        self.sessionTimeout = sessionTimeout
        self.maxPollInterval = maxPollInterval
        self.fetchWaitMax = fetchWaitMax
        self.assignmentStrategy = assignmentStrategy
        self.revokeGrace = revokeGrace
        self.pauseAfter = pauseAfter
        self.commitTimeout = commitTimeout
        self.queueKiB = queueKiB
        self.batchBytes = batchBytes
        self.onEvent = onEvent
    }
}

/// What happened to a consumer beside its messages.
public enum KafkaConsumerEvent: Sendable, Hashable {
    /// These partitions were added to what the consumer holds.
    case assigned(Set<KafkaTopicPartition>)
    /// These partitions were given back in order.
    case revoked(Set<KafkaTopicPartition>)
    /// These partitions were lost: the group went on without this member. What it had not committed, others will see.
    case lost(Set<KafkaTopicPartition>)
    /// The committed offset is no longer there, so messages may have been missed; reading goes on with the earliest.
    case offsetOutOfRange(KafkaTopicPartition)
    /// The broker took these offsets (each is that of the next message to read).
    case committed([KafkaTopicPartition: Int64])
}
