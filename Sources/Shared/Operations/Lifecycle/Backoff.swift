/// Growing pauses between attempts: each is drawn evenly from zero to a ceiling that doubles up to a cap ("full
/// jitter"), so that many clients of something that comes back do not all come at once.
public struct Backoff: Sendable, Equatable {
    /// The ceiling of the first pause.
    public let base: Duration
    /// The highest ceiling.
    public let cap: Duration
    /// The ceiling of the next pause.
    public private(set) var ceiling: Duration

    /// - Parameters:
    ///   - base: 50 ms by default; at least a nanosecond.
    ///   - cap: 5 s by default; at least `base`.
    public init(base: Duration = .milliseconds(50), cap: Duration = .seconds(5)) {
        self.base = max(base, .nanoseconds(1))
        self.cap = max(cap, self.base)
        self.ceiling = self.base
    }

    /// The pause before the next attempt: from zero to the ceiling, both included.
    public mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let pause = self.ceiling * Double.random(in: 0...1, using: &generator)
        self.ceiling = self.ceiling > self.cap / 2 ? self.cap : self.ceiling * 2
        return min(pause, self.cap)
    }

    /// As above, with the system's generator.
    public mutating func next() -> Duration {
        var generator = SystemRandomNumberGenerator()
        return self.next(using: &generator)
    }

    /// After a success: the next pause is short again.
    public mutating func reset() {
        self.ceiling = self.base
    }
}
