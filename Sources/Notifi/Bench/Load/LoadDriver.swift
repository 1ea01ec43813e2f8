import NIOCore
import NIOPosix

/// Drives one load. All of it happens on one event loop, on which it is made; it is done when ``start()`` says so.
final class LoadDriver {
    private let load: HTTPLoad
    private let loop: NIOIsolatedEventLoop
    private let done: EventLoopPromise<LoadOutcome>
    private var queue: LoadQueue
    private var outcome = LoadOutcome()
    private var connections: [ObjectIdentifier: LoadConnection] = [:]
    /// The one that has waited longest first, so that all of them are used.
    private var free = CircularBuffer<LoadConnection>()
    private var beginning: NIODeadline?
    private var threadTime: ThreadTime?
    private var isTimerSet = false
    private var isFinished = false
    private var connecting = 0

    private static let reconnectAfter = TimeAmount.milliseconds(50)

    init(_ load: HTTPLoad, on loop: NIOIsolatedEventLoop, stop: EventLoopFuture<Void>) {
        self.load = load
        self.loop = loop
        self.done = loop.nonisolated().makePromise(of: LoadOutcome.self)
        self.queue = LoadQueue(load.pattern, duration: load.duration, most: load.most)
        stop.assumeIsolated().whenSuccess { self.finish() }
    }

    /// - Returns: fails where a connection could not be made at the beginning.
    func start() -> EventLoopFuture<LoadOutcome> {
        for number in 0..<self.load.connections { self.connect(to: self.load.ports[number % self.load.ports.count]) }
        return self.done.futureResult
    }

    /// Since all connections were there.
    var elapsed: Duration {
        self.beginning.map { .nanoseconds((NIODeadline.now() - $0).nanoseconds) } ?? .zero
    }

    // MARK: Connections

    private func connect(to port: Int) {
        self.connecting += 1
        let driver = NIOLoopBound(self, eventLoop: self.loop.nonisolated())
        ClientBootstrap(group: self.loop.nonisolated())
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connectTimeout(.seconds(5))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LoadConnection(port: port, driver: driver.value))
                }
            }
            .connect(host: "127.0.0.1", port: port).assumeIsolated().whenFailure { self.notConnected(to: port, $0) }
    }

    private func notConnected(to port: Int, _ error: any Error) {
        self.connecting -= 1
        guard self.beginning != nil else { return self.finish(failing: error) }
        switch self.load.pattern {
        case .open:
            // A server that is started again is looked for; what is due meanwhile waits, and its wait counts.
            self.loop.scheduleTask(in: Self.reconnectAfter) { if !self.isFinished { self.connect(to: port) } }
        case .closed:
            // Those that are left do the work.
            if self.connections.isEmpty, self.connecting == 0 { return self.finish() }
        }
        self.sendDue()
    }

    func opened(_ connection: LoadConnection) {
        self.connecting -= 1
        if self.isFinished { return connection.close() }
        self.connections[ObjectIdentifier(connection)] = connection
        self.free.append(connection)
        if self.beginning == nil {
            guard self.connecting == 0 else { return }
            self.begin()
        }
        self.sendDue()
    }

    func closed(_ connection: LoadConnection, unanswered due: Duration?) {
        if self.isFinished { return }
        self.connections[ObjectIdentifier(connection)] = nil
        self.free.removeAll { $0 === connection }
        if let due { self.fail(due) }
        self.connect(to: connection.port)
        self.sendDue()
    }

    // MARK: Requests

    private func begin() {
        self.threadTime = .ofThisThread()
        let now = NIODeadline.now()
        self.beginning = now
        self.loop.scheduleTask(deadline: now + TimeAmount(self.load.duration + self.load.patience)) { self.finish() }
    }

    func answered(_ connection: LoadConnection, status: Int, number: Int, due: Duration) {
        if self.isFinished { return }
        if status == self.load.keptStatus { self.outcome.kept.append(number) }
        self.outcome.latency.record((connection.freeSince - due).microseconds)
        self.outcome.statuses[status, default: 0] += 1
        self.outcome.elapsed = connection.freeSince
        self.free.append(connection)
        self.sendDue()
    }

    /// What is due, as far as connections are free for it.
    private func sendDue() {
        while !self.isFinished, let connection = self.free.first {
            let now = self.elapsed
            switch self.queue.take(at: now) {
            case .now(let number, let due):
                self.free.removeFirst()
                self.outcome.delay.record((now - max(due, connection.freeSince)).microseconds)
                connection.send(self.load.request(number), number: number, due: due)
            case .later(let due):
                return self.wake(at: due)
            case .none:
                if self.free.count == self.connections.count, self.connecting == 0 { self.finish() }
                return
            }
        }
    }

    private func wake(at due: Duration) {
        guard let beginning, !self.isTimerSet else { return }
        self.isTimerSet = true
        self.loop.scheduleTask(deadline: beginning + TimeAmount(due)) {
            self.isTimerSet = false
            self.sendDue()
        }
    }

    private func fail(_ due: Duration) {
        self.outcome.failures += 1
        self.outcome.latency.record((self.elapsed - due).microseconds)
    }

    private func finish(failing error: (any Error)? = nil) {
        if self.isFinished { return }
        self.isFinished = true
        for connection in self.connections.values {
            if let due = connection.request?.due { self.fail(due) }
            connection.close()
        }
        self.queue.overdue(at: self.elapsed).forEach(self.fail)
        if let before = self.threadTime, let now = ThreadTime.ofThisThread(), self.elapsed > .zero {
            self.outcome.generatorShare =
                Double(now.nanoseconds - before.nanoseconds) / (self.elapsed / .nanoseconds(1))
        }
        self.connections = [:]
        self.free.removeAll()
        if let error { self.done.fail(error) } else { self.done.succeed(self.outcome) }
    }
}

extension Duration {
    fileprivate var microseconds: Int64 { Int64((self / .microseconds(1)).rounded()) }
}
