public import Logging
import Synchronization

/// A fixed number of connections, opened when needed, lent in the order of asking.
///
/// `run()` has to run for the pool to work; calls made before it wait for it, within `acquireTimeout`.
public final class PostgresPool: Sendable {
    private struct State {
        var machine: PoolState
        var connections: [PoolState.ConnectionID: PostgresConnection] = [:]
        var waiters: [PoolState.WaiterID: OneShot<Lease>] = [:]
        var nextWaiter: PoolState.WaiterID = 0
    }

    private struct Lease: Sendable {
        let id: PoolState.ConnectionID
        let connection: PostgresConnection
    }

    private enum Work: Sendable {
        case open(PoolState.ConnectionID, notBefore: ContinuousClock.Instant?)
        case close(PostgresConnection)
    }

    private let configuration: PostgresConfiguration
    private let logger: Logger
    private let state: Mutex<State>
    /// Bounded by the number of connections.
    private let work: AsyncStream<Work>
    private let workInput: AsyncStream<Work>.Continuation

    public init(configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        let machine = PoolState(size: configuration.poolSize, backoff: Backoff(cap: configuration.reconnectCap))
        self.state = Mutex(State(machine: machine))
        (self.work, self.workInput) = AsyncStream.makeStream()
    }

    /// How many calls wait for a connection at this moment, for metrics.
    public var waiterCount: Int { self.state.withLock { $0.machine.waiterCount } }

    /// Opens and closes connections until cancelled; then closes all of them, fails who waits or runs a statement with
    /// `.closed`, and returns. To be called once.
    public func run() async {
        await withDiscardingTaskGroup { group in
            for await work in self.work {
                switch work {
                case .open(let id, let notBefore):
                    group.addTask { await self.open(id, notBefore: notBefore) }
                case .close(let connection):
                    group.addTask { await connection.close() }
                }
            }
            group.cancelAll()
            for connection in self.shutDown() {
                group.addTask { await connection.close() }
            }
        }
    }

    /// Runs one statement on any connection.
    ///
    /// - Throws: `PostgresError`. It is not run again after a failure, since it may have taken effect.
    public func query(_ statement: PostgresStatement) async throws -> PostgresRows {
        let lease = try await self.acquireUsable()
        let outcome = await lease.connection.queryOnce(statement)
        self.apply { $0.machine.released(lease.id, isReusable: outcome.isReusable) }
        return try outcome.result.get()
    }

    /// Runs one statement on any connection.
    public func query(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> PostgresRows {
        try await self.query(PostgresStatement(sql, parameters))
    }

    /// Lends one connection to `body`. A transaction that `body` leaves open is rolled back; other state of the session
    /// (SET, LISTEN, advisory locks, temporary tables) is `body`'s to undo.
    ///
    /// - Throws: what `body` throws, or `PostgresError` where there is no connection to be had.
    public nonisolated(nonsending) func withConnection<R>(
        _ body: nonisolated(nonsending) (PostgresConnection) async throws -> R
    ) async throws -> R {
        let lease = try await self.acquireUsable()
        let result: R
        do {
            result = try await body(lease.connection)
        } catch {
            await self.release(lease)
            throw error
        }
        await self.release(lease)
        return result
    }

    /// Runs `body` between BEGIN and COMMIT on one connection; rolls back when it throws or the task was cancelled. BEGIN
    /// goes with the first statement, in one round trip; where there is none, nothing is sent. Not repeated by itself.
    ///
    /// - Throws: what `body` threw; or `PostgresError`, of which `.connection` leaves open whether COMMIT took effect.
    public nonisolated(nonsending) func transaction<R>(
        _ body: nonisolated(nonsending) (PostgresConnection) async throws -> R
    ) async throws -> R {
        let lease = try await self.acquireUsable()
        let outcome = await lease.connection.transactOnce(body)
        self.apply { $0.machine.released(lease.id, isReusable: outcome.isReusable) }
        return try outcome.result.get()
    }
}

extension PostgresPool {
    /// One that died while idle is closed, and the next one taken, so this ends.
    private func acquireUsable() async throws(PostgresError) -> Lease {
        while true {
            let lease = try await self.acquire()
            if await lease.connection.isUsable() { return lease }
            self.apply { $0.machine.released(lease.id, isReusable: false) }
        }
    }

    private func acquire() async throws(PostgresError) -> Lease {
        if Task.isCancelled { throw .cancelled }
        let (waiter, promise) = self.enqueue()
        if let answer = promise.answer { return try answer.get() }
        let result: Result<Lease, PostgresError> = await withTaskCancellationHandler {
            async let _: Void = self.expire(waiter)
            return await promise.value
        } onCancel: {
            self.giveUp(waiter, .cancelled)
        }
        return try result.get()
    }

    private func enqueue() -> (PoolState.WaiterID, OneShot<Lease>) {
        let promise = OneShot<Lease>()
        let waiter = self.state.withLock { state in
            let waiter = state.nextWaiter
            state.nextWaiter += 1
            state.waiters[waiter] = promise
            return waiter
        }
        self.apply { $0.machine.acquire(waiter) }
        return (waiter, promise)
    }

    /// Ends with the scope that waits, which cancels it.
    private func expire(_ waiter: PoolState.WaiterID) async {
        do {
            try await Task.sleep(for: self.configuration.acquireTimeout)
        } catch {
            return
        }
        self.giveUp(waiter, .poolTimeout)
    }

    private func giveUp(_ waiter: PoolState.WaiterID, _ error: PostgresError) {
        let promise = self.state.withLock { state in
            state.machine.abandon(waiter) ? state.waiters.removeValue(forKey: waiter) : nil
        }
        promise?.resolve(.failure(error))
    }

    private func release(_ lease: Lease) async {
        let isReusable = await lease.connection.makeIdle()
        self.apply { $0.machine.released(lease.id, isReusable: isReusable) }
    }

    private func open(_ id: PoolState.ConnectionID, notBefore: ContinuousClock.Instant?) async {
        do {
            if let notBefore { try await Task.sleep(until: notBefore, clock: .continuous) }
            let connection = try await PostgresConnection.connect(self.configuration, logger: self.logger)
            self.apply { state in
                state.connections[id] = connection
                return state.machine.opened(id)
            }
        } catch {
            guard !Task.isCancelled else { return }
            self.logger.warning("no connection to Postgres", metadata: ["error": "\(error)"])
            let reason = error as? PostgresError ?? PostgresError(code: .connection, message: "connecting failed")
            self.apply {
                $0.machine.openFailed(id, reason, now: .now, jitter: .random(in: 0...1))
            }
        }
    }

    private func shutDown() -> [PostgresConnection] {
        self.workInput.finish()
        let connections = self.state.withLock { Array($0.connections.values) }
        self.apply { $0.machine.shutDown() }
        return connections
    }

    /// Changes the state, and then does what it decided, outside the lock.
    private func apply(_ event: (inout State) -> [PoolState.Action]) {
        var answers: [(OneShot<Lease>, Result<Lease, PostgresError>)] = []
        var unwanted: [PostgresConnection] = []
        let opens: [Work] = self.state.withLock { state in
            var opens: [Work] = []
            for action in event(&state) {
                switch action {
                case .lease(let id, let waiter):
                    guard let connection = state.connections[id], let promise = state.waiters[waiter] else { continue }
                    state.waiters[waiter] = nil
                    answers.append((promise, .success(Lease(id: id, connection: connection))))
                case .fail(let waiter, let error):
                    guard let promise = state.waiters.removeValue(forKey: waiter) else { continue }
                    answers.append((promise, .failure(error)))
                case .open(let id, let notBefore):
                    opens.append(.open(id, notBefore: notBefore))
                case .close(let id):
                    if let connection = state.connections.removeValue(forKey: id) { unwanted.append(connection) }
                case .abort(let id):
                    state.connections[id]?.control.abort()
                }
            }
            return opens
        }
        for (promise, answer) in answers { promise.resolve(answer) }
        for open in opens { self.workInput.yield(open) }
        for connection in unwanted {
            connection.control.abort()
            self.workInput.yield(.close(connection))
        }
    }
}
