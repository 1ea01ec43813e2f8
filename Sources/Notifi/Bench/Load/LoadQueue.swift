/// Which request is next, and when it should be sent. Pure.
struct LoadQueue: Sendable {
    enum Next: Equatable {
        /// - Parameter due: since the beginning; what its latency is measured from.
        case now(number: Int, due: Duration)
        case later(Duration)
        /// There will be none any more.
        case none
    }

    private let arrivals: Arrivals?
    private let duration: Duration
    private let most: Int
    private(set) var taken = 0

    init(_ pattern: HTTPLoad.Pattern, duration: Duration, most: Int) {
        self.duration = duration
        switch pattern {
        case .closed:
            self.arrivals = nil
            self.most = most
        case .open(let rate):
            let arrivals = Arrivals(rate: rate, duration: duration)
            self.arrivals = arrivals
            self.most = min(most, arrivals.count)
        }
    }

    /// For a connection that is free at this moment.
    mutating func take(at elapsed: Duration) -> Next {
        guard self.taken < self.most else { return .none }
        let due = self.arrivals?.due(self.taken) ?? elapsed
        if due > elapsed { return .later(due) }
        // An open load goes on until all that were due have been sent.
        if self.arrivals == nil, elapsed >= self.duration { return .none }
        self.taken += 1
        return .now(number: self.taken - 1, due: due)
    }

    /// Those that were due by then and found no connection, in the order of their times.
    func overdue(at elapsed: Duration) -> [Duration] {
        guard let arrivals else { return [] }
        return (self.taken..<max(self.taken, min(self.most, arrivals.dueCount(at: elapsed)))).map(arrivals.due)
    }
}
