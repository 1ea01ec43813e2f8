import Testing

@testable import Notifi

/// Plays events to ``Supervision`` and keeps what it decided.
private struct Play {
    var supervision: Supervision
    var actions: [Supervision.Action] = []

    init(isBrokerEmbedded: Bool = true) {
        self.supervision = Supervision(isBrokerEmbedded: isBrokerEmbedded)
    }

    /// What the event led to, without the lines for people.
    @discardableResult
    mutating func send(_ event: Supervision.Event) -> [Supervision.Action] {
        let actions = self.supervision.handle(event)
        self.actions += actions
        return actions.filter {
            switch $0 {
            case .say, .fail: false
            default: true
            }
        }
    }

    static func pid(_ daemon: Daemon) -> Int32 { 100 + Int32(Daemon.allCases.firstIndex(of: daemon)!) }

    mutating func start() {
        self.send(.backingStarted)
        for daemon in Daemon.allCases {
            self.send(.started(daemon, pid: Self.pid(daemon)))
        }
    }

    mutating func run() {
        self.start()
        for daemon in Daemon.allCases {
            self.send(.ready(daemon, DaemonPorts(http: nil, admin: 1)))
        }
    }

    var failures: [String] {
        self.actions.compactMap { if case .fail(let text) = $0 { text } else { nil } }
    }

    var lines: [String] {
        self.actions.compactMap { if case .say(let text) = $0 { text } else { nil } }
    }
}

private func terminate(_ daemon: Daemon) -> Supervision.Action { .terminate(daemon, pid: Play.pid(daemon)) }

@Suite struct SupervisionTests {
    @Test func daemonsStartOnceTheirBackingIsThere() {
        var play = Play()
        #expect(play.send(.backingStarted) == [.startDaemons])
    }

    @Test func announcesOnlyWhenAllAreReady() {
        var play = Play()
        play.start()
        let ports = DaemonPorts(http: 8080, admin: 1)
        for daemon in [Daemon.api, .router, .poller] {
            #expect(play.send(.ready(daemon, ports)).isEmpty)
        }
        let all = Dictionary(uniqueKeysWithValues: Daemon.allCases.map { ($0, ports) })
        #expect(play.send(.ready(.delivery, ports)) == [.announce(all)])
    }

    @Test func stopsInTheOrderOfTheFlowAndDrainsInBetween() {
        var play = Play()
        play.run()
        #expect(play.send(.signal("SIGINT")) == [terminate(.api)])
        #expect(play.send(.exited(.api, status: "with status 0")) == [.drain(.router, patiently: true)])
        #expect(play.send(.drained(.router, left: 0)) == [terminate(.router)])
        #expect(play.send(.exited(.router, status: "with status 0")) == [terminate(.poller)])
        #expect(play.send(.exited(.poller, status: "with status 0")) == [.drain(.delivery, patiently: true)])
        #expect(play.send(.drained(.delivery, left: 0)) == [terminate(.delivery)])
        #expect(play.send(.exited(.delivery, status: "with status 0")) == [.stopBacking])
        #expect(play.send(.backingStopped) == [.finish(status: 0)])
        #expect(play.failures.isEmpty)
    }

    @Test func anotherKafkaKeepsWhatIsLeftSoThereIsNothingToWaitFor() {
        var play = Play(isBrokerEmbedded: false)
        play.run()
        play.send(.signal("SIGTERM"))
        #expect(play.send(.exited(.api, status: "with status 0")) == [terminate(.router)])
    }

    @Test func tellsWhatIsLost() {
        var play = Play()
        play.run()
        play.send(.signal("SIGINT"))
        play.send(.exited(.api, status: "with status 0"))
        #expect(play.send(.drained(.router, left: 17)) == [terminate(.router)])
        #expect(play.lines.contains { $0.contains("17 messages") && $0.contains("lost") })
    }

    @Test func aDaemonThatDiesEndsAllOfIt() {
        var play = Play()
        play.run()
        let rest = [Daemon.api, .router, .delivery]
        #expect(play.send(.exited(.poller, status: "on signal 9")) == rest.map(terminate))
        #expect(play.failures == ["notifi-poller ended by itself on signal 9; stopping the others"])
        #expect(play.send(.exited(.api, status: "with status 0")).isEmpty)
        #expect(play.send(.exited(.delivery, status: "with status 0")).isEmpty)
        #expect(play.send(.exited(.router, status: "with status 0")) == [.drain(.router, patiently: false)])
        #expect(play.send(.drained(.router, left: nil)) == [.drain(.delivery, patiently: false)])
        #expect(play.send(.drained(.delivery, left: 0)) == [.stopBacking])
        #expect(play.send(.backingStopped) == [.finish(status: 1)])
    }

    @Test func aDaemonThatIsGoneBeforeItsStartWasToldEndsAllOfIt() {
        var play = Play(isBrokerEmbedded: false)
        play.send(.backingStarted)
        #expect(play.send(.exited(.api, status: "with status 78")).isEmpty)
        // The others were not known by pid yet; they are told as soon as they are.
        for daemon in [Daemon.router, .poller, .delivery] {
            #expect(play.send(.started(daemon, pid: Play.pid(daemon))) == [terminate(daemon)])
            play.send(.exited(daemon, status: "on signal 15"))
        }
        #expect(play.actions.last == .stopBacking)
        #expect(play.send(.backingStopped) == [.finish(status: 1)])
    }

    @Test func aDaemonThatDiesWhileStoppingIsToldAndCounts() {
        var play = Play(isBrokerEmbedded: false)
        play.run()
        play.send(.signal("SIGINT"))
        play.send(.exited(.delivery, status: "on signal 11"))
        for daemon in [Daemon.api, .router, .poller] {
            play.send(.exited(daemon, status: "with status 0"))
        }
        #expect(play.failures.count == 1)
        #expect(play.actions.last == .stopBacking)
        #expect(play.send(.backingStopped) == [.finish(status: 1)])
    }

    @Test func aDaemonThatDoesNotGetReadyEndsAllOfIt() {
        var play = Play()
        play.start()
        #expect(play.send(.notReady(.api, reason: "postgres: down")) == Daemon.allCases.map(terminate))
        #expect(play.failures == ["notifi-api did not get ready: postgres: down"])
    }

    @Test func aDaemonThatDoesNotStopIsKilled() {
        var play = Play()
        play.run()
        play.send(.signal("SIGINT"))
        #expect(play.send(.overdue(.api)) == [.kill(.api, pid: Play.pid(.api))])
        #expect(play.send(.exited(.api, status: "on signal 9")) == [.drain(.router, patiently: true)])
        #expect(play.send(.overdue(.api)).isEmpty)
    }

    @Test func theSecondSignalWaitsForNothing() {
        var play = Play()
        play.run()
        play.send(.signal("SIGINT"))
        play.send(.exited(.api, status: "with status 0"))
        #expect(play.send(.signal("SIGINT")) == [.router, .poller, .delivery].map(terminate))
        // What was asked before no longer counts.
        #expect(play.send(.drained(.router, left: 0)).isEmpty)
        #expect(play.send(.signal("SIGINT")).isEmpty)
    }

    @Test func aSignalDuringTheStartCancelsIt() {
        var play = Play()
        #expect(play.send(.signal("SIGINT")) == [.cancelBacking])
        #expect(play.send(.backingFailed("cancelled")) == [.stopBacking])
        #expect(play.send(.backingStopped) == [.finish(status: 0)])
        #expect(play.failures.isEmpty)
    }

    @Test func aSignalThatComesTooLateToCancelTheStartStillStops() {
        var play = Play()
        play.send(.signal("SIGTERM"))
        #expect(play.send(.backingStarted) == [.stopBacking])
    }

    @Test func aFailedStartIsToldAndStopsWhatWasStarted() {
        var play = Play()
        #expect(play.send(.backingFailed("initdb not found")) == [.stopBacking])
        #expect(play.failures == ["initdb not found"])
        #expect(play.send(.backingStopped) == [.finish(status: 1)])
    }

    @Test func aSignalBeforeAllAreReadyStopsThemAll() {
        var play = Play(isBrokerEmbedded: false)
        play.start()
        #expect(play.send(.signal("SIGINT")) == Daemon.allCases.map(terminate))
        #expect(play.send(.ready(.api, DaemonPorts(http: 1, admin: 2))).isEmpty)
        for daemon in Daemon.allCases {
            play.send(.exited(daemon, status: "with status 0"))
        }
        #expect(play.send(.backingStopped) == [.finish(status: 0)])
    }
}
