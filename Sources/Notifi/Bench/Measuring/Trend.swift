/// Whether a value grows over time: the straight line through what was measured after the warm-up, by least squares.
///
/// What rises and falls again, as dead rows do between two vacuums, has no trend; a leak has one, however slow.
struct Trend: Sendable, Equatable {
    /// The first third: caches fill, pools open connections, an allocator takes what it will keep.
    static let warmUp = 1.0 / 3

    /// How much more the line has at its end than at the end of the warm-up.
    let growth: Double
    /// Of the same time.
    let mean: Double

    /// - Returns: `nil` for fewer than three points after the warm-up.
    init?(_ points: [TimePoint]) {
        guard let first = points.first, let last = points.last else { return nil }
        let begin = first.seconds + (last.seconds - first.seconds) * Self.warmUp
        let judged = points.filter { $0.seconds >= begin }
        guard judged.count >= 3 else { return nil }
        let count = Double(judged.count)
        let time = judged.reduce(0) { $0 + $1.seconds } / count
        let mean = judged.reduce(0) { $0 + $1.value } / count
        let spread = judged.reduce(0) { $0 + ($1.seconds - time) * ($1.seconds - time) }
        guard spread > 0 else { return nil }
        let slope = judged.reduce(0) { $0 + ($1.seconds - time) * ($1.value - mean) } / spread
        self.growth = slope * (last.seconds - begin)
        self.mean = mean
    }

    /// - Parameter slack: growth that is none, in the value's own unit: what a value that is nearly 0 may wander.
    /// - Returns: whether it grows by no more than a tenth of its mean, or by no more than `slack`.
    func isFlat(slack: Double) -> Bool { self.growth <= max(slack, self.mean * 0.1) }
}
