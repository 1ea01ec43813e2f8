/// A table that is a partition of the inbox, or was one until the keeper detached it. People may have made it by hand,
/// with any name and any width.
public struct InboxPartition: Sendable, Hashable {
    public enum Attachment: String, Sendable {
        case attached
        /// Detaching it has begun, and did not come to its end. Readers no longer see it.
        case pending
        case detached
    }

    /// As SQL names it: quoted, and with its schema where that is needed.
    public let name: String
    /// The first due time that it takes; `nil` where it has no lower bound.
    public let start: Instant?
    /// The first due time that it no longer takes; `nil` where it has no upper bound.
    public let end: Instant?
    public let attachment: Attachment
    /// The keeper itself has marked it as one to be detached and dropped; what people detach is theirs.
    public let isRetired: Bool
    /// It takes what no other one takes.
    public let isDefault: Bool

    public init(
        name: String, start: Instant?, end: Instant?, attachment: Attachment = .attached, isRetired: Bool = false,
        isDefault: Bool = false
    ) {
        self.name = name
        self.start = start
        self.end = end
        self.attachment = attachment
        self.isRetired = isRetired
        self.isDefault = isDefault
    }

    /// Whether all that it can hold was due before `instant`.
    public func isWholly(before instant: Instant) -> Bool {
        guard !self.isDefault, let end = self.end else { return false }
        return end <= instant
    }
}

extension Week {
    /// This week and the next two.
    public static let ahead = 3

    /// The parts of this week that none of these partitions takes, earliest first.
    public func gaps(besides partitions: [InboxPartition]) -> [Range<Instant>] {
        var gaps: [Range<Instant>] = []
        var from = self.start
        let taken = partitions.filter { $0.attachment != .detached && !$0.isDefault }
            .map { (start: $0.start ?? self.start, end: $0.end ?? self.end) }
            .sorted { $0.start < $1.start }
        for (start, end) in taken where end > from && start < self.end {
            if start > from { gaps.append(from..<start) }
            from = end
        }
        if from < self.end { gaps.append(from..<self.end) }
        return gaps
    }
}
