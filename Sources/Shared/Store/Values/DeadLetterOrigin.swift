/// Where a dead letter was read from: `topic/partition/offset`.
public struct DeadLetterOrigin: Sendable, Hashable, CustomStringConvertible {
    public let topic: String
    public let partition: Int32
    public let offset: Int64

    public init(topic: String, partition: Int32, offset: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
    }

    /// `nil` for what `description` cannot have written. A topic may hold a `/`: of a record that a stranger put among the
    /// dead letters it is any text.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 3, let partition = Int32(parts[parts.count - 2]), partition >= 0,
            let offset = Int64(parts[parts.count - 1]), offset >= 0
        else { return nil }
        self.init(topic: parts.dropLast(2).joined(separator: "/"), partition: partition, offset: offset)
        guard !self.topic.isEmpty, self.description == text else { return nil }
    }

    public var description: String { "\(self.topic)/\(self.partition)/\(self.offset)" }
}

/// What an operator did about a dead letter. Neither is ever undone.
public enum Settlement: String, Sendable, Hashable, CaseIterable {
    /// It was published to its topic again, under its id.
    case replayed
    /// It stays a dead letter for good.
    case discarded
}
