/// Exponential backoff with full jitter, so that many clients don't come back at the same time.
struct Backoff: Sendable {
    var base: Duration = .milliseconds(50)
    var cap: Duration

    /// - Parameters:
    ///   - failures: How many attempts failed in a row, from 1.
    ///   - jitter: Where in the range, 0...1.
    func delay(afterFailures failures: Int, jitter: Double) -> Duration {
        guard failures > 0 else { return .zero }
        let ceiling = min(self.cap, self.base * (1 << min(failures - 1, 20)))
        return ceiling * min(max(jitter, 0), 1)
    }
}
