/// Decides what a pool does: events in, actions out, nothing else.
///
/// Connections are opened when somebody waits for one. After a failed attempt only one attempt at a time is made, not
/// before its backoff is over, so that a server that comes back is not stampeded.
struct PoolState: Sendable {
    typealias ConnectionID = Int
    typealias WaiterID = UInt64

    enum Action: Equatable, Sendable {
        case lease(ConnectionID, to: WaiterID)
        /// Try once to connect, not before `notBefore`.
        case open(ConnectionID, notBefore: ContinuousClock.Instant?)
        case close(ConnectionID)
        case fail(WaiterID, PostgresError)
        /// End a connection that is in use.
        case abort(ConnectionID)
    }

    private let size: Int
    private let backoff: Backoff
    /// The one used last is taken first, so that the others stay out of use.
    private var idle: [ConnectionID] = []
    private var leased: Set<ConnectionID> = []
    private var opening: Set<ConnectionID> = []
    private var waiters: WaiterQueue = WaiterQueue()
    private var failures = 0
    private var notBefore: ContinuousClock.Instant?
    private var nextID: ConnectionID = 0
    private var isShutDown = false

    init(size: Int, backoff: Backoff) {
        self.size = max(1, size)
        self.backoff = backoff
    }

    /// Open and opening connections; never above the pool's size.
    var connectionCount: Int { self.idle.count + self.leased.count + self.opening.count }
    var waiterCount: Int { self.waiters.count }
    var isEmptyAfterShutdown: Bool { self.isShutDown && self.connectionCount == 0 }

    mutating func acquire(_ waiter: WaiterID) -> [Action] {
        if self.isShutDown { return [.fail(waiter, .poolClosed)] }
        // A connection is idle only while nobody waits, so this overtakes nobody.
        if let connection = self.idle.popLast() {
            self.leased.insert(connection)
            return [.lease(connection, to: waiter)]
        }
        self.waiters.append(waiter)
        return self.openWhereNeeded()
    }

    /// The waiter gives up (its time is over, or it was cancelled). False where it was answered already.
    mutating func abandon(_ waiter: WaiterID) -> Bool {
        self.waiters.remove(waiter)
    }

    mutating func opened(_ connection: ConnectionID) -> [Action] {
        guard self.opening.remove(connection) != nil else { return [.close(connection)] }
        if self.isShutDown { return [.close(connection)] }
        self.failures = 0
        self.notBefore = nil
        return self.offer(connection) + self.openWhereNeeded()
    }

    /// - Parameter jitter: 0...1, drawn by the caller.
    mutating func openFailed(
        _ connection: ConnectionID, _ error: PostgresError, now: ContinuousClock.Instant, jitter: Double
    ) -> [Action] {
        guard self.opening.remove(connection) != nil, !self.isShutDown else { return [] }
        self.failures += 1
        self.notBefore = now + self.backoff.delay(afterFailures: self.failures, jitter: jitter)
        // With connections in use somebody may still be served; without any, waiting on is of no use.
        guard self.idle.isEmpty && self.leased.isEmpty && self.opening.isEmpty else {
            return self.openWhereNeeded()
        }
        return self.waiters.removeAll().map { .fail($0, error) }
    }

    mutating func released(_ connection: ConnectionID, isReusable: Bool) -> [Action] {
        guard self.leased.remove(connection) != nil else { return [] }
        if self.isShutDown || !isReusable { return [.close(connection)] + self.openWhereNeeded() }
        return self.offer(connection)
    }

    mutating func shutDown() -> [Action] {
        guard !self.isShutDown else { return [] }
        self.isShutDown = true
        let actions: [Action] =
            self.waiters.removeAll().map { .fail($0, .poolClosed) } + self.idle.map { .close($0) }
            + self.leased.sorted().map { .abort($0) }
        self.idle.removeAll()
        self.opening.removeAll()
        return actions
    }

    private mutating func offer(_ connection: ConnectionID) -> [Action] {
        if let waiter = self.waiters.popFirst() {
            self.leased.insert(connection)
            return [.lease(connection, to: waiter)]
        }
        self.idle.append(connection)
        return []
    }

    private mutating func openWhereNeeded() -> [Action] {
        guard !self.isShutDown else { return [] }
        let parallel = self.failures == 0 ? self.size : 1
        var actions: [Action] = []
        while self.connectionCount < self.size, self.opening.count < min(parallel, self.waiters.count) {
            let connection = self.nextID
            self.nextID += 1
            self.opening.insert(connection)
            actions.append(.open(connection, notBefore: self.notBefore))
        }
        return actions
    }
}

/// First in, first out, with removal from the middle.
struct WaiterQueue: Sendable {
    private var order: [PoolState.WaiterID] = []
    private var head = 0
    private var waiting: Set<PoolState.WaiterID> = []

    var count: Int { self.waiting.count }

    mutating func append(_ waiter: PoolState.WaiterID) {
        self.order.append(waiter)
        self.waiting.insert(waiter)
    }

    mutating func popFirst() -> PoolState.WaiterID? {
        while self.head < self.order.count {
            let waiter = self.order[self.head]
            self.head += 1
            if self.waiting.remove(waiter) != nil {
                self.compact()
                return waiter
            }
        }
        self.compact()
        return nil
    }

    /// The entry in `order` stays until it is reached.
    mutating func remove(_ waiter: PoolState.WaiterID) -> Bool {
        guard self.waiting.remove(waiter) != nil else { return false }
        if self.waiting.isEmpty {
            self.order.removeAll(keepingCapacity: true)
            self.head = 0
        } else if self.order.count - self.head > 64, self.order.count - self.head > 2 * self.waiting.count {
            self.order = self.order[self.head...].filter { self.waiting.contains($0) }
            self.head = 0
        }
        return true
    }

    mutating func removeAll() -> [PoolState.WaiterID] {
        let all = self.order[self.head...].filter { self.waiting.contains($0) }
        self = WaiterQueue()
        return all
    }

    private mutating func compact() {
        guard self.head > 64, self.head * 2 > self.order.count else { return }
        self.order.removeFirst(self.head)
        self.head = 0
    }
}
