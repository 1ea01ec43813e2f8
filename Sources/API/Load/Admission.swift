/// Decides whether a request may begin, by what is under way. Pure.
///
/// A plain bound on what is under way at once, rather than one on how long it takes (as CoDel has it): no queue of the API
/// is long for long, since what waits behind it (a delivery report, a connection to Postgres) gives up after a fixed time
/// by itself. By Little's law, what is accepted then takes as long as the bound divided by what is finished a second, and
/// never longer than that fixed time. A rule by delay would refuse everything where brokers are slow but good, when a
/// bound still lets through as much as they take.
struct Admission: Sendable, Hashable {
    /// What there would be too much of.
    enum Refusal: String, Sendable, CaseIterable {
        case requests, bytes
    }

    let mostRequests: Int
    let mostBytes: Int
    private(set) var requests = 0
    private(set) var bytes = 0

    init(mostRequests: Int, mostBytes: Int = .max) {
        self.mostRequests = max(1, mostRequests)
        self.mostBytes = max(1, mostBytes)
    }

    /// - Parameter size: what it will hold in memory; at least 0. One that is larger than all that may be held is let in
    ///   while nothing else is held.
    /// - Returns: why it may not begin; `nil` where it has begun.
    mutating func begin(_ size: Int) -> Refusal? {
        guard self.requests < self.mostRequests else { return .requests }
        guard self.bytes == 0 || size <= self.mostBytes - self.bytes else { return .bytes }
        self.requests += 1
        self.bytes += size
        return nil
    }

    /// - Parameter size: as it was said at the beginning.
    mutating func end(_ size: Int) {
        self.requests -= 1
        self.bytes -= size
    }
}
