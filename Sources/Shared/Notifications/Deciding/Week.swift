/// The week of one inbox partition: from a Monday, 00:00 UTC, to the next.
public struct Week: Sendable, Hashable, Comparable {
    /// Mondays since 1970-01-05, negative before it.
    public let number: Int64

    private static let firstMonday: Int64 = 4
    private static let microsecondsADay: Int64 = 86_400_000_000

    public init(number: Int64) {
        self.number = number
    }

    public init(of instant: Instant) {
        let day = instant.microseconds.flooredQuotient(by: Self.microsecondsADay)
        self.number = (day - Self.firstMonday).flooredQuotient(by: 7)
    }

    public var start: Instant {
        Instant(microseconds: (self.number * 7 + Self.firstMonday) * Self.microsecondsADay)
    }

    public var end: Instant { self.next.start }

    public var next: Week { Week(number: self.number + 1) }

    /// The partition's table: `inbox_w` and the Monday, as in `inbox_w20261116`.
    public var partitionName: String {
        "inbox_w" + self.start.description.prefix(10).replacing("-", with: "")
    }

    public static func < (left: Week, right: Week) -> Bool { left.number < right.number }
}
