/// When each request of an open load should be sent: at a steady rate, whatever became of those before.
///
/// Latency is measured from here and not from when a request could be sent, so that a server that stalls is charged for
/// all who would have come meanwhile (Gil Tene's "coordinated omission").
struct Arrivals: Sendable, Equatable {
    /// A second; above 0.
    let rate: Double
    let duration: Duration

    var count: Int { Int((self.duration / .seconds(1) * self.rate).rounded(.down)) }

    /// Since the beginning.
    func due(_ number: Int) -> Duration { .seconds(Double(number) / self.rate) }

    /// How many are due by then; at most all.
    func dueCount(at elapsed: Duration) -> Int {
        if elapsed < .zero { return 0 }
        return min(self.count, Int((elapsed / .seconds(1) * self.rate).rounded(.down)) + 1)
    }
}
