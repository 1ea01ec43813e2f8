/// One load: what came back, and whether it was the generator that could not keep up.
struct LoadOutcome: Sendable, Equatable {
    /// Microseconds from when a request was due to its answer. One that was never answered counts with the time that it
    /// had waited when the load ended, so that a server which stalls for good does not look fast.
    var latency = HdrHistogram()
    /// Microseconds by which requests were sent late though a connection was free: the generator's own doing.
    var delay = HdrHistogram()
    /// Requests without an answer: the connection closed, or answered what is no HTTP, or the time was up.
    var failures = 0
    /// Answers by their status.
    var statuses: [Int: Int] = [:]
    /// The numbers of the requests that the load was to keep, as they were answered.
    var kept: [Int] = []
    /// From the first request to the last answer.
    var elapsed = Duration.zero
    /// The processor time of the generator's thread, as a share of one core.
    var generatorShare = 0.0

    /// Of loads side by side.
    mutating func merge(_ other: LoadOutcome) {
        self.latency.merge(other.latency)
        self.delay.merge(other.delay)
        self.failures += other.failures
        self.statuses.merge(other.statuses, uniquingKeysWith: +)
        self.kept += other.kept
        self.elapsed = max(self.elapsed, other.elapsed)
        self.generatorShare = max(self.generatorShare, other.generatorShare)
    }

    /// Answers of this status a second.
    func rate(of status: Int) -> Double {
        self.elapsed == .zero ? 0 : Double(self.statuses[status] ?? 0) / (self.elapsed / .seconds(1))
    }

    /// Failures, and answers of another status.
    func others(than status: Int) -> Int {
        self.failures + self.statuses.filter { $0.key != status }.values.reduce(0, +)
    }

    static let mostShare = 0.9

    /// Where its thread has nearly a whole core, or sending late makes a tenth of the latency or more, the generator
    /// itself shapes the figure.
    var isGeneratorTheBottleneck: Bool {
        if self.generatorShare > Self.mostShare { return true }
        guard let delay = self.delay.quantile(0.99), let latency = self.latency.quantile(0.99) else { return false }
        return delay > 1_000 && delay * 10 >= latency
    }
}
