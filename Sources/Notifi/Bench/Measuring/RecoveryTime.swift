/// How long it takes until as much arrives again as before something was killed.
enum RecoveryTime {
    /// Seconds that one look takes together.
    static let window = 1.0

    /// - Parameters:
    ///   - arrivals: when each arrived, in seconds, by their time.
    ///   - killedAt: on the same clock.
    ///   - end: until when it was to arrive at that rate.
    ///   - rate: a second, that is due.
    /// - Returns: seconds from the kill to the end of the first second in which 95% of the rate arrives, after the second
    ///   in which least did; 0 where it never fell below that; `nil` where that much never arrived again.
    static func seconds(arrivals: [Double], killedAt: Double, end: Double, rate: Double) -> Double? {
        let wanted = 0.95 * rate * Self.window
        let steps = stride(from: killedAt, through: end - Self.window, by: 0.1)
        let counts = steps.map { (start: $0, count: Self.count(in: arrivals, from: $0)) }
        guard let least = counts.min(by: { $0.count < $1.count }) else { return nil }
        if Double(least.count) >= wanted { return 0 }
        return counts.first { $0.start > least.start && Double($0.count) >= wanted }
            .map { $0.start + Self.window - killedAt }
    }

    private static func count(in arrivals: [Double], from start: Double) -> Int {
        Self.place(of: start + Self.window, in: arrivals) - Self.place(of: start, in: arrivals)
    }

    /// The first that is not before.
    private static func place(of time: Double, in arrivals: [Double]) -> Int {
        var (low, high) = (0, arrivals.count)
        while low < high {
            let middle = (low + high) / 2
            if arrivals[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
