/// Decides what `notifi up` does next. Events go in, actions come out; it starts and stops nothing itself.
///
/// Asked to stop, it ends the parts in the order in which data flows, so that a broker which forgets is empty by then:
/// the API, then the router once it has read everything, the poller, the delivery once it has read everything, and
/// what they stood on. When something broke, all end at once.
struct Supervision: Sendable {
    enum Event: Sendable, Equatable {
        case backingStarted
        case backingFailed(String)
        case started(Daemon, pid: Int32)
        case ready(Daemon, DaemonPorts)
        case notReady(Daemon, reason: String)
        /// `status` is for people: "with status 1", "on signal 9", "without having started: ...".
        case exited(Daemon, status: String)
        /// A daemon that was told to stop has had all the time that it gets.
        case overdue(Daemon)
        /// Nothing is left to read for a consumer, or `left` messages are, or it can't be told (`nil`).
        case drained(Daemon, left: Int64?)
        case signal(String)
        /// The private Postgres ended without having been asked to.
        case postgresEnded
        case backingStopped
    }

    enum Action: Sendable, Equatable {
        case cancelBacking
        case startDaemons
        case announce([Daemon: DaemonPorts])
        case say(String)
        case fail(String)
        case terminate(Daemon, pid: Int32)
        case kill(Daemon, pid: Int32)
        /// Wait, within bounds, until this consumer has nothing left to read; `patiently: false` only asks once.
        case drain(Daemon, patiently: Bool)
        case stopBacking
        case finish(status: Int32)
    }

    private enum Phase: Equatable {
        case backing
        case starting
        case running
        /// What is still to do, the step under way first.
        case stopping([Step])
        case over
    }

    private enum Step: Equatable {
        case end([Daemon])
        case drain(Daemon, patiently: Bool)
        case stopBacking
    }

    private let isBrokerEmbedded: Bool
    private var phase = Phase.backing
    private var isHurried = false
    private var status: Int32 = 0
    private var pids: [Daemon: Int32] = [:]
    /// Started or about to be, and not yet gone.
    private var alive: Set<Daemon> = []
    private var ports: [Daemon: DaemonPorts] = [:]
    /// Told to stop, so that their end is no surprise.
    private var told: Set<Daemon> = []

    init(isBrokerEmbedded: Bool) {
        self.isBrokerEmbedded = isBrokerEmbedded
    }

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .backingStarted:
            return self.backingStarted()
        case .backingFailed(let reason):
            return self.backingFailed(reason)
        case .started(let daemon, let pid):
            self.pids[daemon] = pid
            // Told to stop before its pid was known.
            return self.told.contains(daemon) ? [.terminate(daemon, pid: pid)] : []
        case .ready(let daemon, let ports):
            return self.ready(daemon, ports)
        case .notReady(let daemon, let reason):
            guard self.phase == .starting else { return [] }
            return self.fail("\(daemon.executable) did not get ready: \(reason)")
        case .exited(let daemon, let status):
            return self.exited(daemon, status)
        case .overdue(let daemon):
            guard self.alive.contains(daemon), let pid = self.pids[daemon] else { return [] }
            return [.say("\(daemon.executable) does not stop; killing it"), .kill(daemon, pid: pid)]
        case .drained(let daemon, let left):
            return self.drained(daemon, left: left)
        case .signal(let name):
            return self.signal(name)
        case .postgresEnded:
            return self.postgresEnded()
        case .backingStopped:
            guard case .stopping(let steps) = self.phase, steps.first == .stopBacking else { return [] }
            self.phase = .over
            return [.finish(status: self.status)]
        }
    }

    // MARK: Starting

    private mutating func backingStarted() -> [Action] {
        guard self.phase == .backing else { return [] }
        if self.isHurried {
            return self.begin([.stopBacking])
        }
        self.phase = .starting
        self.alive = Set(Daemon.allCases)
        return [.startDaemons]
    }

    private mutating func backingFailed(_ reason: String) -> [Action] {
        guard self.phase == .backing else { return [] }
        // After a signal it failed because it was cancelled.
        if self.isHurried {
            return self.begin([.stopBacking])
        }
        self.status = 1
        return [.fail(reason)] + self.begin([.stopBacking])
    }

    private mutating func ready(_ daemon: Daemon, _ ports: DaemonPorts) -> [Action] {
        guard self.phase == .starting else { return [] }
        self.ports[daemon] = ports
        guard self.ports.count == Daemon.allCases.count else { return [] }
        self.phase = .running
        return [.announce(self.ports)]
    }

    // MARK: Stopping

    private mutating func signal(_ name: String) -> [Action] {
        switch self.phase {
        case .backing:
            guard !self.isHurried else { return [] }
            self.isHurried = true
            return [.say("\(name): stopping"), .cancelBacking]
        case .starting:
            return [.say("\(name): stopping")] + self.begin([.end(Daemon.allCases), .stopBacking])
        case .running:
            return [.say("\(name): stopping; once more stops without waiting for what is under way")]
                + self.begin(self.endInOrder)
        case .stopping(let steps):
            guard !self.isHurried, steps.first != .stopBacking else { return [] }
            self.isHurried = true
            return [.say("\(name) again: not waiting any longer")] + self.begin(self.endAllAtOnce)
        case .over:
            return []
        }
    }

    /// The daemons work on without it, and wait; that is no reason to end them.
    private func postgresEnded() -> [Action] {
        switch self.phase {
        case .starting, .running:
            [.fail("Postgres ended by itself; what is accepted waits until it is started again, or notifi up is")]
        case .backing, .stopping, .over:
            []
        }
    }

    private mutating func fail(_ reason: String) -> [Action] {
        self.status = 1
        return [.fail(reason)] + self.begin(self.endAllAtOnce)
    }

    private var endInOrder: [Step] {
        guard self.isBrokerEmbedded else {
            return [.end([.api]), .end([.router]), .end([.poller]), .end([.delivery]), .stopBacking]
        }
        return [
            .end([.api]), .drain(.router, patiently: true), .end([.router]), .end([.poller]),
            .drain(.delivery, patiently: true), .end([.delivery]), .stopBacking,
        ]
    }

    private var endAllAtOnce: [Step] {
        guard self.isBrokerEmbedded else { return [.end(Daemon.allCases), .stopBacking] }
        return [
            .end(Daemon.allCases), .drain(.router, patiently: false), .drain(.delivery, patiently: false), .stopBacking,
        ]
    }

    private mutating func exited(_ daemon: Daemon, _ status: String) -> [Action] {
        self.alive.remove(daemon)
        self.pids[daemon] = nil
        guard !self.told.contains(daemon) else { return self.goOn() }
        switch self.phase {
        case .starting, .running:
            return self.fail("\(daemon.executable) ended by itself \(status); stopping the others")
        case .stopping:
            self.status = 1
            return [.fail("\(daemon.executable) ended by itself \(status), while stopping")] + self.goOn()
        case .backing, .over:
            return []
        }
    }

    private mutating func drained(_ daemon: Daemon, left: Int64?) -> [Action] {
        guard case .stopping(let steps) = self.phase, case .drain(daemon, _)? = steps.first else { return [] }
        var actions: [Action] = []
        switch left {
        case 0: break
        case let left?:
            actions.append(.say("\(left) messages for \(daemon.executable) are lost with the embedded broker"))
        case nil:
            actions.append(
                .say("what \(daemon.executable) had yet to read can't be told; the embedded broker loses it"))
        }
        self.phase = .stopping(Array(steps.dropFirst()))
        return actions + self.enter()
    }

    private mutating func begin(_ steps: [Step]) -> [Action] {
        self.phase = .stopping(steps)
        return self.enter()
    }

    /// Starts the step at hand.
    private mutating func enter() -> [Action] {
        guard case .stopping(let steps) = self.phase, let step = steps.first else { return [] }
        switch step {
        case .end(let daemons):
            let actions = daemons.filter { self.alive.contains($0) && !self.told.contains($0) }.flatMap { daemon in
                self.told.insert(daemon)
                return self.pids[daemon].map { [Action.terminate(daemon, pid: $0)] } ?? []
            }
            return actions + self.goOn()
        case .drain(let daemon, let patiently):
            // Without its reader, waiting would be in vain.
            return [.drain(daemon, patiently: patiently && self.alive.contains(daemon))]
        case .stopBacking:
            return [.stopBacking]
        }
    }

    /// Leaves the step at hand, if it is to end daemons and they have.
    private mutating func goOn() -> [Action] {
        guard case .stopping(let steps) = self.phase, case .end(let daemons)? = steps.first,
            self.alive.isDisjoint(with: daemons)
        else { return [] }
        self.phase = .stopping(Array(steps.dropFirst()))
        return self.enter()
    }
}
