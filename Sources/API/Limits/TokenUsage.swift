import FoundationEssentials
import Notifications

/// How much was let through for each token in this calendar minute: here, and by the other replicas as far as they told.
/// Pure.
struct TokenUsage: Sendable {
    static let windowSeconds: Int64 = 60

    /// Minutes since 1970, by this machine's clock.
    private(set) var minute: Int64 = 0
    private(set) var own: [UUID: Int] = [:]
    private var others: [UUID: Int] = [:]

    /// Takes `count` of what is left to this token; all of it or nothing.
    ///
    /// - Returns: whether it was there to take, and what is left then.
    mutating func spend(_ count: Int, of token: UUID, limit: Int, at now: Instant) -> (isGranted: Bool, left: RateLimit)
    {
        self.begin(at: now)
        let left = limit - (self.own[token] ?? 0) - (self.others[token] ?? 0)
        let isGranted = count <= left
        if isGranted { self.own[token, default: 0] += count }
        let end = (self.minute + 1) * Self.windowSeconds
        return (
            isGranted,
            RateLimit(
                policy: "token", quota: limit, windowSeconds: Int(Self.windowSeconds),
                remaining: isGranted ? left - count : left,
                resetSeconds: Int(min(end - now.microseconds / 1_000_000, Self.windowSeconds)))
        )
    }

    /// Takes up what the others had let through in this minute. What they told of another minute is of no use.
    mutating func learn(_ others: [UUID: Int], of minute: Int64) {
        if minute == self.minute { self.others = others }
    }

    /// Begins the minute of this time, unless it has begun.
    mutating func begin(at now: Instant) {
        let minute = now.microseconds / 1_000_000 / Self.windowSeconds
        // A clock that is set back by a little must not give the whole quota again.
        guard minute > self.minute || minute < self.minute - 1 else { return }
        self.minute = minute
        self.own = [:]
        self.others = [:]
    }
}
