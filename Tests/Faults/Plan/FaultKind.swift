@testable import Harness
@testable import Notifi

/// One way in which an installation may suffer. Each ends by itself, after the duration that the plan gives it.
enum FaultKind: Sendable, Equatable {
    /// Of daemons, by name (`router-2`): SIGKILL, and started again at the end.
    case kill([String])
    /// SIGSTOP, and SIGCONT at the end.
    case freeze([String])
    /// SIGTERM, and started again at the end.
    case terminate([String])
    /// SIGTERM and started again, as soon as it is ready, over and over: consumers that come and go.
    case comeAndGo(String)
    /// Its clock is so many seconds off. Only where libfaketime is at hand.
    case clock(String, seconds: Int)

    case postgresStopped(immediately: Bool)
    /// Every so often one of the daemons' backends is ended.
    case backendsKilled(everyMilliseconds: Int)
    /// Running statements are cancelled, as by a tiny `statement_timeout`: the daemons set their own one, so that the
    /// server's setting could not reach them.
    case statementsCancelled(everyMilliseconds: Int)
    /// In ACCESS EXCLUSIVE mode.
    case tableLocked(String)
    /// A transaction that sees the past, so that nothing dead is vacuumed.
    case snapshotHeld
    /// All of `max_connections` are taken, and the daemons' ended.
    case connectionsTaken
    /// Writing into this table fails with SQLSTATE 53100.
    case diskFull(String)

    case brokersDown([Int32])
    /// So many partitions, of any topic, change their leader; or have none until the end.
    case leadersMoved(count: Int)
    case leadersGone(count: Int)
    /// The next requests of this kind are answered with this code; -195 cuts the connection.
    case brokerErrors(RequestKind, code: Int32, count: Int)
    /// The next answers to requests of this kind come so much later: to a produce request after appending, so that what
    /// its sender gave up may be there.
    case answersLate(RequestKind, milliseconds: Int, count: Int)
    case brokersSlow(milliseconds: Int)
    /// Whoever asks where one of the topics is gets this error.
    case topicsUnknown(code: Int32)

    /// Between a daemon and Postgres: each piece of data is held up for so long.
    case wireSlow(String, milliseconds: Int)
    /// Nothing gets through, and nobody is told.
    case wireSilent(String)
    /// Connections are cut as soon as they are made.
    case wireCut(String)

    enum RequestKind: String, Sendable, Equatable, CaseIterable {
        case produce, fetch, listOffsets, offsetCommit, offsetFetch, findCoordinator, joinGroup, heartbeat,
            syncGroup, initProducerID

        /// What a broker in trouble answers to such a request.
        var codes: [Int32] {
            switch self {
            // Leader not available, not leader, timed out, not enough replicas (before and after appending),
            // out-of-order sequence (fatal to a producer), cut.
            case .produce: [5, 6, 7, 19, 20, 45, -195]
            case .fetch: [5, 6, 7, -195]
            case .listOffsets: [5, 7, -195]
            // Coordinator loading, not available, not this one; unknown generation, unknown member, rebalancing.
            case .offsetCommit: [14, 15, 16, 22, 25, 27, -195]
            case .offsetFetch: [14, 16, -195]
            case .findCoordinator: [15, -195]
            case .joinGroup, .syncGroup, .heartbeat: [15, 16, 25, 27, -195]
            case .initProducerID: [14, 15, 16, -195]
            }
        }
    }

    /// `kill`, say.
    var name: String { String("\(self)".prefix { $0 != "(" }) }

    /// The daemons that it ends and starts again.
    var startsAgain: [String] {
        switch self {
        case .kill(let names), .terminate(let names): names
        case .comeAndGo(let name): [name]
        default: []
        }
    }

    /// A POST may fail for it.
    var troublesProducing: Bool {
        switch self {
        case .brokersDown, .leadersGone, .leadersMoved, .brokersSlow, .topicsUnknown: true
        // What is late or cut holds up what is behind it on the same connection; the producer's are its own.
        case .brokerErrors(let kind, _, _), .answersLate(let kind, _, _): [.produce, .initProducerID].contains(kind)
        default: false
        }
    }

    /// Bounds of its duration, in milliseconds. Some have to outlast the time-outs that they are to trip: 5 s of an idle
    /// transaction, 6 s of an unanswered statement; libfaketime looks at its file once a second.
    var durations: ClosedRange<Int> {
        switch self {
        case .freeze, .wireSilent: 300...9_000
        case .clock: 2_000...5_000
        default: 300...5_000
        }
    }

    /// What cannot suffer two things at once.
    var targets: [String] {
        switch self {
        case .kill(let names), .freeze(let names), .terminate(let names): names
        case .comeAndGo(let name), .clock(let name, _): [name]
        case .postgresStopped, .backendsKilled, .statementsCancelled, .tableLocked, .snapshotHeld, .connectionsTaken,
            .diskFull:
            ["postgres"]
        case .brokersDown, .leadersMoved, .leadersGone, .brokersSlow, .topicsUnknown: ["brokers"]
        case .brokerErrors(let kind, _, _), .answersLate(let kind, _, _): ["brokers", kind.rawValue]
        case .wireSlow(let name, _), .wireSilent(let name), .wireCut(let name): ["wire of \(name)"]
        }
    }
}
