/// How far a daemon has got with a backlog, looked at again and again.
struct Progress: Sendable, Equatable {
    struct Sample: Sendable, Equatable {
        /// Since the beginning.
        let seconds: Double
        let count: Double
    }

    private(set) var samples: [Sample] = []

    /// - Parameter elapsed: not before that of the last one.
    mutating func add(_ count: Double, at elapsed: Duration) {
        self.samples.append(Sample(seconds: elapsed / .seconds(1), count: count))
    }

    /// A second, between the first sample that has so many and the first that has all of these.
    ///
    /// The first look that found anything is where the clock starts: what the daemon did to get ready does not count.
    /// - Returns: `nil` where it never got so far, or both are the same sample.
    func rate(from: Double = 1, to: Double) -> Double? {
        guard let first = self.samples.first(where: { $0.count >= from }),
            let last = self.samples.first(where: { $0.count >= to }), last.seconds > first.seconds
        else { return nil }
        return (last.count - first.count) / (last.seconds - first.seconds)
    }
}
