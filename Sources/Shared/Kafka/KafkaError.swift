/// What went wrong in a Kafka client: a code to decide by, facts, and a description that is safe to show.
public struct KafkaError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// No answer within the bound; whether brokers stored the record is not known.
        case timedOut
        /// The local queue of the producer stayed full for as long as a send may take.
        case queueFull
        /// The topic does not exist.
        case unknownTopic
        /// The topic has no such partition.
        case unknownPartition
        /// The topic is there already.
        case topicExists
        /// The record is larger than the brokers or the client take.
        case recordTooLarge
        /// Brokers refused the credentials, or TLS failed.
        case authentication
        /// The credentials don't allow this.
        case authorization
        /// No broker can be reached, or not those needed.
        case brokersUnavailable
        /// Fewer replicas are in sync than the topic demands.
        case notEnoughReplicas
        /// A property is unknown, has a wrong value, or contradicts another.
        case invalidConfiguration
        /// The client lost its identity at the brokers and has to be made anew.
        case fenced
        /// The client was replaced by a new one after a fatal error, before the record was acknowledged.
        case clientReplaced
        /// The group is being shared out anew, or this member is no longer part of it.
        case rebalanced
        /// What was to be read at this offset is no longer there, or not yet.
        case offsetOutOfRange
        /// The caller's task was cancelled before the record was handed over.
        case cancelled
        /// The client was closed, or its `run()` has ended.
        case closed
        /// The broker does not have this call.
        case unsupported
        /// Anything else; see ``KafkaError/rawCode``.
        case other
    }

    public let code: Code

    /// librdkafka's number (negative: local; positive: given by a broker), or 0 where it was not involved.
    public let rawCode: Int32

    /// One sentence without secrets and without record contents.
    public let reason: String

    /// The client that threw this can't go on; a new one can. A ``KafkaProducer`` renews itself, so its errors never
    /// are.
    public let isFatal: Bool

    /// The same call may succeed later without any change.
    public let isRetriable: Bool

    public init(code: Code, rawCode: Int32 = 0, reason: String, isFatal: Bool = false, isRetriable: Bool = false) {
        self.code = code
        self.rawCode = rawCode
        self.reason = reason
        self.isFatal = isFatal
        self.isRetriable = isRetriable
    }

    public var isUnknownTopic: Bool { self.code == .unknownTopic }

    public var description: String {
        let raw = self.rawCode == 0 ? "" : " (\(self.rawCode))"
        return "Kafka \(self.code.rawValue)\(raw): \(self.reason)"
    }
}
