public import ServiceLifecycle
import Synchronization

/// Whether a daemon can do its work, asked by `/readyz`.
///
/// Parts register checks and flags while they are built. Checks run when somebody asks and the last answer is older
/// than `maximumAge`; however many ask, a check runs once at a time, so that probing cannot storm what it checks.
///
/// It is a service, since it owns the running checks: without ``run()`` no check is ever made.
public final class Health: Service {
    /// What a bad check means for the whole.
    public enum Requirement: Sendable, Hashable {
        /// The daemon is not ready without it.
        case required
        /// The daemon is ready as long as one of the same group is good.
        case anyOf(String)
        /// Only shown.
        case informational
    }

    public enum Outcome: Sendable, Equatable {
        case good
        /// With the reason, in words that are safe to show.
        case bad(String)
    }

    public typealias Check = @Sendable () async throws -> Void

    private struct Entry {
        let name: String
        let requirement: Requirement
        let timeout: Duration
        /// `nil` for a flag.
        let check: Check?
        var outcome: Outcome
        var since: String
        var checkedAt: ContinuousClock.Instant?
        var runningSince: ContinuousClock.Instant?
        /// Whether the running check has used up its time, and so counts as bad although it has not ended.
        var isOverdue = false

        mutating func set(_ outcome: Outcome) {
            if outcome.isGood != self.outcome.isGood {
                self.since = Timestamp.now()
            }
            self.outcome = outcome
        }

        /// When the check that is waited for has to have answered; `nil` where none is.
        var deadline: ContinuousClock.Instant? {
            self.isOverdue ? nil : self.runningSince.map { $0 + self.timeout }
        }
    }

    private struct State {
        var entries: [Entry] = []
        var drainingSince: String?
        var waiting: [AsyncStream<Never>.Continuation] = []
    }

    private let state = Mutex(State())
    private let maximumAge: Duration
    private let clock = ContinuousClock()
    private let demands: AsyncStream<Int>
    private let demand: AsyncStream<Int>.Continuation

    /// - Parameter maximumAge: how long an answer is used again. 1 s by default.
    public init(maximumAge: Duration = .seconds(1)) {
        self.maximumAge = maximumAge
        (self.demands, self.demand) = AsyncStream.makeStream()
    }

    /// Registers a check.
    ///
    /// - Parameters:
    ///   - name: as `?verbose` shows it.
    ///   - timeout: after it the check counts as bad and is cancelled. 1 s by default. A check that does not react to
    ///     cancelling is not started a second time beside itself.
    ///   - check: throwing means bad, and the error's description is the reason: it must be safe to show.
    public func check(
        _ name: String,
        _ requirement: Requirement = .required,
        timeout: Duration = .seconds(1),
        _ check: @escaping Check
    ) {
        self.add(name, requirement, timeout: timeout, check: check, outcome: .bad("not checked yet"))
    }

    /// Registers something that a part itself knows, such as "tokens were loaded once". Bad until it is set.
    ///
    /// - Parameter reason: shown until then.
    public func flag(_ name: String, _ requirement: Requirement = .required, reason: String = "not yet") -> HealthFlag {
        HealthFlag(
            health: self,
            index: self.add(name, requirement, timeout: .zero, check: nil, outcome: .bad(reason)))
    }

    /// From now on the daemon is not ready, whatever the checks say. There is no way back.
    public func beginDraining() {
        self.state.withLock { state in
            state.drainingSince = state.drainingSince ?? Timestamp.now()
        }
    }

    /// Whether the daemon is ready now. Waits for the checks, at most for the longest of their timeouts.
    public func isReady() async -> Bool {
        await self.report().isReady
    }

    /// Makes the checks that are asked for, until cancelled or shut down.
    public func run() async throws {
        await withDiscardingTaskGroup { group in
            for await index in self.demands.cancelOnGracefulShutdown() {
                group.addTask { await self.probe(index) }
            }
            group.cancelAll()
        }
    }

    @discardableResult
    private func add(
        _ name: String, _ requirement: Requirement, timeout: Duration, check: Check?, outcome: Outcome
    ) -> Int {
        self.state.withLock { state in
            state.entries.append(
                Entry(
                    name: name, requirement: requirement, timeout: timeout, check: check, outcome: outcome,
                    since: Timestamp.now()))
            return state.entries.count - 1
        }
    }

    func set(_ outcome: Outcome, at index: Int) {
        self.state.withLock { $0.entries[index].set(outcome) }
    }
}

extension Health.Outcome {
    var isGood: Bool { self == .good }
}

extension Health.Requirement: CustomStringConvertible {
    public var description: String {
        switch self {
        case .required: "required"
        case .anyOf(let group): "one of \(group) is enough"
        case .informational: "not needed"
        }
    }
}

// MARK: - Asking

extension Health {
    func report() async -> HealthReport {
        let now = self.clock.now
        let due = self.state.withLock { state in
            let isDraining = state.drainingSince != nil
            return state.entries.indices.filter { index in
                let entry = state.entries[index]
                let isFresh = entry.checkedAt.map { now - $0 < self.maximumAge } ?? false
                guard entry.check != nil, entry.runningSince == nil, !isFresh, !isDraining else { return false }
                state.entries[index].runningSince = now
                state.entries[index].isOverdue = false
                return true
            }
        }
        for index in due {
            self.demand.yield(index)
        }
        await self.settle()
        return self.state.withLock { state in
            HealthReport(
                entries: state.entries.map {
                    .init(name: $0.name, requirement: $0.requirement, outcome: $0.outcome, since: $0.since)
                }, drainingSince: state.drainingSince)
        }
    }

    /// Waits until every check has answered or used up its time.
    private func settle() async {
        let (settled, continuation) = AsyncStream.makeStream(of: Never.self)
        let deadline = self.state.withLock { state -> ContinuousClock.Instant? in
            guard state.drainingSince == nil, let deadline = state.entries.compactMap(\.deadline).max() else {
                return nil
            }
            state.waiting.append(continuation)
            return deadline
        }
        guard let deadline else { return }
        await withTaskGroup { group in
            group.addTask { for await _ in settled {} }
            // Comes first only where nobody makes the checks. Cancelling ends the sleep early, and then it is over too.
            group.addTask { try? await self.clock.sleep(until: deadline) }
            await group.next()
            group.cancelAll()
        }
    }

    private func probe(_ index: Int) async {
        let (check, timeout) = self.state.withLock { ($0.entries[index].check, $0.entries[index].timeout) }
        guard let check else { return }
        let isOverdue = await withTaskGroup(of: Outcome?.self) { group in
            group.addTask {
                do {
                    try await check()
                    return .good
                } catch {
                    return .bad("\(error)")
                }
            }
            group.addTask {
                try? await self.clock.sleep(for: timeout)
                return nil
            }
            // The check may go on for long after its time, so what is known is told before it has ended.
            let answer = await group.next() ?? nil
            self.answered(answer ?? .bad("no answer within \(timeout)"), isOverdue: answer == nil, at: index)
            group.cancelAll()
            return answer == nil
        }
        if isOverdue {
            self.state.withLock { $0.entries[index].runningSince = nil }
        }
    }

    private func answered(_ outcome: Outcome, isOverdue: Bool, at index: Int) {
        let now = self.clock.now
        let waiting = self.state.withLock { state in
            state.entries[index].set(outcome)
            state.entries[index].checkedAt = now
            state.entries[index].isOverdue = isOverdue
            if !isOverdue {
                state.entries[index].runningSince = nil
            }
            guard state.entries.allSatisfy({ $0.deadline == nil }) else {
                return [AsyncStream<Never>.Continuation]()
            }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting {
            continuation.finish()
        }
    }
}

/// A fact that a part reports to ``Health`` itself.
public struct HealthFlag: Sendable {
    let health: Health
    let index: Int

    public func setGood() {
        self.health.set(.good, at: self.index)
    }

    /// - Parameter reason: in words that are safe to show.
    public func setBad(_ reason: String) {
        self.health.set(.bad(reason), at: self.index)
    }
}
