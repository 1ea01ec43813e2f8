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

/// One load: what came back, and whether it was the generator that could not keep up.
struct LoadOutcome: Sendable, Equatable {
    /// Microseconds from when a request was due to its answer.
    var latency = HdrHistogram()
    /// Microseconds from when a request was due to when it was sent.
    var delay = HdrHistogram()
    var failures = 0

    mutating func merge(_ other: LoadOutcome) {
        self.latency.merge(other.latency)
        self.delay.merge(other.delay)
        self.failures += other.failures
    }

    /// The generator itself shapes the figure where sending late makes a tenth of the latency or more.
    var isGeneratorTheBottleneck: Bool {
        guard let delay = self.delay.quantile(0.99), let latency = self.latency.quantile(0.99) else { return false }
        return delay > 1_000 && delay * 10 >= latency
    }
}
