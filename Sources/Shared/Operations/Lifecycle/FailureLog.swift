/// Decides which of many failures in a row are worth a line: the first one, and then one each `interval`.
struct FailureLog: Sendable {
    let interval: Duration
    private(set) var failures = 0
    private var first: ContinuousClock.Instant?
    private var lastLogged: ContinuousClock.Instant?

    init(interval: Duration = .seconds(30)) {
        self.interval = interval
    }

    /// - Returns: whether to log this one.
    mutating func failed(at now: ContinuousClock.Instant) -> Bool {
        self.failures += 1
        self.first = self.first ?? now
        if let lastLogged, now - lastLogged < self.interval {
            return false
        }
        self.lastLogged = now
        return true
    }

    /// - Returns: how long it failed; `nil` if it never did.
    func recovered(at now: ContinuousClock.Instant) -> Duration? {
        self.first.map { now - $0 }
    }
}
