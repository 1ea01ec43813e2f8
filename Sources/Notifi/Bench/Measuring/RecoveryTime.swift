/// How long it takes until as much arrives again as before something was killed.
enum RecoveryTime {
    /// Seconds that one look takes together.
    static let window = 1.0
    /// Seconds for which it has to stay.
    static let staying = 3.0
    /// A loss of rate that begins later than so many seconds after the kill is not its doing: a member of a group is
    /// noticed to be gone after three.
    static let onset = 10.0

    /// A second counts as full where 95% of the rate arrives in it, or as much as in the least one before the kill, if
    /// that is no less than 80%: no second is like the other, and what was there undisturbed too is no loss.
    ///
    /// - Parameters:
    ///   - arrivals: when each arrived, in seconds, by their time.
    ///   - quietFrom: since when the rate arrived undisturbed; on the same clock.
    ///   - killedAt: on the same clock.
    ///   - end: until when it was to arrive at that rate.
    ///   - rate: a second, that is due.
    /// - Returns: seconds from the kill to the end of the first full second, after the first one that was not, from which
    ///   on all are full for ``staying``; 0 where none fell below; `nil` where that much never arrived again.
    static func seconds(
        arrivals: [Double], quietFrom: Double, killedAt: Double, end: Double, rate: Double
    ) -> Double? {
        let quiet = Self.counts(arrivals, from: quietFrom, to: killedAt).map(\.count).min() ?? .max
        let full = min(0.95, max(0.8, Double(quiet) / (rate * Self.window))) * rate * Self.window
        let after = Self.counts(arrivals, from: killedAt, to: end)
        guard !after.isEmpty else { return nil }
        guard
            let lost = after.firstIndex(where: { $0.start <= killedAt + Self.onset && Double($0.count) < full })
        else { return 0 }
        let looks = Int(Self.staying / Self.step)
        return after.indices.dropFirst(lost).first { place in
            place + looks <= after.endIndex && after[place..<place + looks].allSatisfy { Double($0.count) >= full }
        }.map { after[$0].start + Self.window - killedAt }
    }

    private static let step = 0.1

    /// Of the whole windows between, a step apart.
    private static func counts(_ arrivals: [Double], from: Double, to: Double) -> [(start: Double, count: Int)] {
        stride(from: from, through: to - Self.window, by: Self.step).map { start in
            (start, Self.place(of: start + Self.window, in: arrivals) - Self.place(of: start, in: arrivals))
        }
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
