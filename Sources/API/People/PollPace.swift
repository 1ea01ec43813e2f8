/// How long clients are to wait between two polls: the configured time, and longer the more there is to do.
///
/// The load is how many requests of people ask Postgres at this moment, against how many it answers at a time; smoothed,
/// so that a short burst tells nobody to wait. Pure: whoever uses it says what time it is.
struct PollPace: Sendable, Hashable {
    static let longestSeconds = 60
    /// So many requests for each connection are nothing out of the ordinary.
    static let ordinaryLoad = 2.0
    /// How far back the smoothed load looks.
    static let memory: Duration = .seconds(5)

    let baseSeconds: Int
    let connections: Int
    private(set) var underWay = 0
    private var load = 0.0
    private var since: ContinuousClock.Instant

    init(baseSeconds: Int, connections: Int, at now: ContinuousClock.Instant) {
        self.baseSeconds = baseSeconds
        self.connections = max(1, connections)
        self.since = now
    }

    mutating func began(at now: ContinuousClock.Instant) {
        self.advance(to: now)
        self.underWay += 1
    }

    mutating func ended(at now: ContinuousClock.Instant) {
        self.advance(to: now)
        self.underWay -= 1
    }

    /// - Returns: at least the base, at most a minute.
    mutating func seconds(at now: ContinuousClock.Instant) -> Int {
        self.advance(to: now)
        let factor = max(1, self.load / Self.ordinaryLoad)
        return Int(min(Double(Self.longestSeconds), (Double(self.baseSeconds) * factor).rounded()))
    }

    private mutating func advance(to now: ContinuousClock.Instant) {
        let elapsed = now - self.since
        guard elapsed > .zero else { return }
        self.since = now
        let current = Double(self.underWay) / Double(self.connections)
        self.load += (current - self.load) * (elapsed / (elapsed + Self.memory))
    }
}
