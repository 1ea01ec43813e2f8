/// A point in time: microseconds since 1970-01-01T00:00:00Z, without leap seconds; the resolution of Postgres'
/// `timestamptz`, so that a time survives every hop unchanged.
public struct Instant: Sendable, Hashable, Comparable {
    public var microseconds: Int64

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    public var milliseconds: Int64 { self.microseconds.flooredQuotient(by: 1_000) }

    /// The same time with what is finer than a millisecond cut off. Acceptance times are kept so, because a UUIDv7
    /// carries exactly that much: the id alone then tells when it was accepted.
    public var flooredToMilliseconds: Instant { Instant(microseconds: self.milliseconds * 1_000) }

    public func advanced(bySeconds seconds: Int64) -> Instant {
        Instant(microseconds: self.microseconds + seconds * 1_000_000)
    }

    public static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }
}

extension Int64 {
    func flooredQuotient(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = self.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    func flooredRemainder(by divisor: Int64) -> Int64 {
        let remainder = self % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}
