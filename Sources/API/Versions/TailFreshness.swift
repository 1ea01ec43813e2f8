/// How far behind the tail of `inbox-changes` is, by this replica's own heartbeats.
///
/// A heartbeat that came back proves that all that was written to its partition before it was sent has been read. So
/// what counts is when it was sent, not when it came: a tail that is behind by a steady minute gets one each second too.
struct TailFreshness: Sendable {
    /// How far behind any partition may be. Not longer than a producer tries to send a record: what keeps another
    /// replica's change from ever arriving then shows here as well.
    static let limit: Duration = .seconds(3)

    private(set) var partitions: Set<Int32> = []
    /// The number of the next heartbeat. They begin at 1 and are never used twice.
    private var next: UInt64 = 1
    /// Earlier ones prove nothing: they were sent before the tail last lost its place.
    private var firstThatCounts: UInt64 = 1
    private var sent: [UInt64: ContinuousClock.Instant] = [:]
    /// When the latest heartbeat that came back from each partition had been sent.
    private var heard: [Int32: ContinuousClock.Instant] = [:]
    private var oldest: ContinuousClock.Instant?

    /// More than are ever under way: later they are too old to prove anything.
    private static let remembered: UInt64 = 16

    /// Only heartbeats that are sent from now on count, and all of these partitions have to bring one back.
    mutating func restart(_ partitions: Set<Int32>) {
        self.partitions = partitions
        self.firstThatCounts = self.next
        self.heard = [:]
        self.oldest = nil
    }

    /// - Returns: the number to send to every partition now.
    mutating func beat(at now: ContinuousClock.Instant) -> UInt64 {
        let number = self.next
        self.next += 1
        self.sent[number] = now
        if number > Self.remembered { self.sent[number - Self.remembered] = nil }
        return number
    }

    mutating func returned(_ number: UInt64, from partition: Int32) {
        guard number >= self.firstThatCounts, let sentAt = self.sent[number], self.partitions.contains(partition) else {
            return
        }
        self.heard[partition] = max(self.heard[partition] ?? sentAt, sentAt)
        self.oldest = self.heard.count == self.partitions.count ? self.heard.values.min() : nil
    }

    /// By how much the tail can be behind; `nil` where some partition has proved nothing yet.
    func lag(at now: ContinuousClock.Instant) -> Duration? {
        self.oldest.map { now - $0 }
    }

    func isFresh(at now: ContinuousClock.Instant) -> Bool {
        self.lag(at: now).map { $0 <= Self.limit } ?? false
    }
}
