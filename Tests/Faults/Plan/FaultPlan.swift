import TestSupport

@testable import Harness
@testable import Notifi

/// Which faults one run has, and when: drawn from the seed alone.
struct FaultPlan: Sendable, Equatable {
    struct Entry: Sendable, Equatable, CustomStringConvertible {
        let kind: FaultKind
        let at: Duration
        let lasts: Duration

        var end: Duration { self.at + self.lasts }
        var description: String { "at \(self.at) for \(self.lasts): \(self.kind)" }
    }

    /// How an installation has to be for these names to exist.
    static let replicas: [Daemon: Int] = [.api: 2, .router: 2, .poller: 2, .delivery: 2]
    static let names = Daemon.allCases.flatMap { daemon in
        (1...(Self.replicas[daemon] ?? 1)).map { "\(daemon.rawValue)-\($0)" }
    }
    static let tables = [
        "outbox", "inbox", "inbox_heads", "idempotency_keys", "cancellations", "reschedules", "dead_letters",
        "event_types", "services", "tokens", "preferences", "inbox_requests", "token_usage", "erased_users",
    ]
    /// Those that something writes to while the load goes on.
    static let writtenTables = [
        "outbox", "inbox", "inbox_heads", "idempotency_keys", "cancellations", "reschedules", "inbox_requests",
        "token_usage",
    ]
    /// All faults have ended by then.
    static let span: Duration = .seconds(14)
    /// A daemon is back on its feet so long after a fault of its own: the next one is to meet it running.
    static let recovery: Duration = .seconds(3)

    let seed: UInt64
    /// In the order of their beginnings.
    let entries: [Entry]

    /// - Parameters:
    ///   - canStepClocks: whether there is what it takes; without it such faults are drawn and left out, so that the
    ///     others stay the same.
    ///   - names: only faults of these names; all where it is empty.
    init(seed: UInt64, canStepClocks: Bool, only names: Set<String> = []) {
        self.init(drawnFrom: seed, only: names) { kind in
            switch kind {
            case .clock: canStepClocks
            // It would end the snapshot.
            case .postgresStopped: !Self.hasLongSnapshot(seed)
            default: true
            }
        }
    }

    /// Whether a transaction that began up to ten seeds ago holds its snapshot all the while: ten seeds have one, the
    /// next ten have none.
    static func hasLongSnapshot(_ seed: UInt64) -> Bool { seed / 10 % 2 == 1 }

    private init(drawnFrom seed: UInt64, only names: Set<String>, where isWanted: (FaultKind) -> Bool) {
        var random = SeededGenerator(seed: seed, stream: 2)
        var entries: [Entry] = []
        let count = Int.random(in: 4...8, using: &random)
        // What would take the same thing as another at the same time is drawn again, but not for ever.
        for _ in 0..<(names.isEmpty ? 50 : 2_000) where entries.count < count {
            let kind = Self.kind(&random)
            let at = Duration.milliseconds(Int.random(in: 500...7_500, using: &random))
            let lasts = Duration.milliseconds(Int.random(in: kind.durations, using: &random))
            let entry = Entry(kind: kind, at: at, lasts: min(lasts, Self.span - at))
            let isFree = entries.allSatisfy { Self.leaveRoom($0, entry) }
            if isFree, names.isEmpty || names.contains(kind.name) { entries.append(entry) }
        }
        self.seed = seed
        self.entries = entries.filter { isWanted($0.kind) }.sorted { $0.at < $1.at }
    }

    private static func leaveRoom(_ one: Entry, _ other: Entry) -> Bool {
        let shared = Set(one.kind.targets).intersection(other.kind.targets)
        if shared.isEmpty { return true }
        let gap = shared.isDisjoint(with: Self.names) ? Duration.zero : Self.recovery
        return one.end + gap <= other.at || other.end + gap <= one.at
    }

    /// A third each for the daemons, Postgres and the wires to it, and the brokers.
    private static func kind(_ random: inout SeededGenerator) -> FaultKind {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: self.daemonFault(&random)
        case 1: self.postgresFault(&random)
        default: self.brokerFault(&random)
        }
    }

    private static func daemonFault(_ random: inout SeededGenerator) -> FaultKind {
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1, 2: .kill(self.several(&random))
        case 3, 4: .freeze(self.several(&random))
        case 5: .terminate(self.several(&random))
        case 6:
            .comeAndGo(self.names.filter { $0.hasPrefix("router") || $0.hasPrefix("delivery") }[self.any(4, &random)])
        default:
            .clock(
                self.names[self.any(self.names.count, &random)],
                seconds: [-3_600, -5, -1, 1, 3, 3_600][self.any(6, &random)])
        }
    }

    private static func postgresFault(_ random: inout SeededGenerator) -> FaultKind {
        let name = self.names[self.any(self.names.count, &random)]
        let table = self.tables[self.any(self.tables.count, &random)]
        return switch Int.random(in: 0..<11, using: &random) {
        case 0: .postgresStopped(immediately: false)
        case 1: .postgresStopped(immediately: true)
        case 2: .backendsKilled(everyMilliseconds: .random(in: 20...300, using: &random))
        case 3: .statementsCancelled(everyMilliseconds: .random(in: 10...100, using: &random))
        case 4, 5: .tableLocked(table)
        case 6: .snapshotHeld
        case 7: .connectionsTaken
        case 8: .diskFull(self.writtenTables[self.any(self.writtenTables.count, &random)])
        case 9: .wireSlow(name, milliseconds: .random(in: 5...400, using: &random))
        default: random.chance(50) ? .wireSilent(name) : .wireCut(name)
        }
    }

    private static func brokerFault(_ random: inout SeededGenerator) -> FaultKind {
        switch Int.random(in: 0..<13, using: &random) {
        case 0: .brokersDown([.random(in: 1...3, using: &random)])
        case 1: .brokersDown([1, 2, 3])
        case 2: .leadersMoved(count: .random(in: 1...30, using: &random))
        case 3: .leadersGone(count: .random(in: 1...8, using: &random))
        case 4: .brokersSlow(milliseconds: .random(in: 20...1_000, using: &random))
        case 5: .topicsUnknown(code: random.chance(50) ? 3 : 5)
        // Twice as often as any other kind: it is the one whose outcome its sender cannot know.
        case 6: .answersLate(.produce, milliseconds: Self.lateness(&random), count: .random(in: 1...6, using: &random))
        case 7, 8:
            .answersLate(
                FaultKind.RequestKind.allCases[self.any(FaultKind.RequestKind.allCases.count, &random)],
                milliseconds: Self.lateness(&random), count: .random(in: 1...6, using: &random))
        default: self.brokerErrors(&random)
        }
    }

    /// Around the 3 s after which a producer gives a message up.
    private static func lateness(_ random: inout SeededGenerator) -> Int { .random(in: 500...6_000, using: &random) }

    private static func brokerErrors(_ random: inout SeededGenerator) -> FaultKind {
        let kinds = FaultKind.RequestKind.allCases
        let kind = kinds[self.any(kinds.count, &random)]
        return .brokerErrors(
            kind, code: kind.codes[self.any(kind.codes.count, &random)], count: .random(in: 1...15, using: &random))
    }

    /// One daemon, all of one kind, or all there are.
    private static func several(_ random: inout SeededGenerator) -> [String] {
        let one = self.names[self.any(self.names.count, &random)]
        return switch Int.random(in: 0..<10, using: &random) {
        case 0: self.names
        case 1, 2, 3: self.names.filter { $0.prefix { $0 != "-" } == one.prefix { $0 != "-" } }
        default: [one]
        }
    }

    private static func any(_ count: Int, _ random: inout SeededGenerator) -> Int {
        Int.random(in: 0..<count, using: &random)
    }
}
