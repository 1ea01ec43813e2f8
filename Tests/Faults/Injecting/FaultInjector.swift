import Glibc
import Kafka
import Notifications
import Postgres
import TestSupport
import Testing

@testable import Harness
@testable import Notifi

/// Lets an installation suffer what a plan says. A fault that cannot be had at its time, since another one has taken
/// what it needs, is noted and left out; each ends what it began.
struct FaultInjector: Sendable {
    let installation: Installation
    let wires: [String: WireProxy]
    let clocks: [String: FakeClock]
    let log: FaultLog
    /// Told of what was injected, and of what did not end as it should.
    let observed: Shared<Observed>

    /// Returns when all of it is over.
    func run(_ plan: FaultPlan, from beginning: Instant) async {
        await withDiscardingTaskGroup { group in
            for (place, entry) in plan.entries.enumerated() {
                group.addTask {
                    do {
                        try await sleep(until: beginning + entry.at)
                        let began = Instant.current
                        self.log.note("begins: \(entry.kind), for \(entry.lasts)")
                        // Noted whether it ends as it should or not.
                        defer { self.observed.change { $0.injected.append(.init(entry.kind, began, .current)) } }
                        try await self.inject(
                            entry, random: SeededGenerator(seed: plan.seed, stream: 1_000 + UInt64(place)))
                        self.log.note("ended:  \(entry.kind)")
                    } catch {
                        self.log.note("failed: \(entry.kind): \(error)")
                    }
                }
            }
        }
    }

    private func inject(_ entry: FaultPlan.Entry, random: SeededGenerator) async throws {
        switch entry.kind {
        case .kill(let names): try await self.kill(names, for: entry.lasts)
        case .freeze(let names): try await self.freeze(names, for: entry.lasts)
        case .terminate(let names): try await self.terminate(names, for: entry.lasts)
        case .comeAndGo(let name): try await self.comeAndGo(name, for: entry.lasts)
        case .clock(let name, let seconds):
            try self.clocks[name]?.set(seconds: seconds)
            // Where this is cancelled, the process ends with it.
            try await Task.sleep(for: entry.lasts)
            try self.clocks[name]?.set(seconds: 0)
        case .wireSlow(let name, let milliseconds):
            try await self.wire(name, .slow(.milliseconds(milliseconds)), for: entry.lasts)
        case .wireSilent(let name): try await self.wire(name, .silent, for: entry.lasts)
        case .wireCut(let name): try await self.wire(name, .cut, for: entry.lasts)
        case .brokersDown, .leadersMoved, .leadersGone, .brokerErrors, .answersLate, .brokersSlow, .topicsUnknown:
            try await BrokerFaults(brokers: self.installation.brokers).inject(entry, random: random)
        default:
            try await PostgresFaults(database: self.installation.database, log: self.log).inject(entry)
        }
    }

    private func wire(_ name: String, _ mode: WireProxy.Mode, for duration: Duration) async throws {
        self.wires[name]?.set(mode)
        try await Task.sleep(for: duration)
        self.wires[name]?.set(.open)
    }

    // MARK: Daemons

    private func processes(_ names: [String]) -> [DaemonProcess] {
        self.installation.daemons.filter { names.contains($0.name) && $0.isRunning }
    }

    private func kill(_ names: [String], for duration: Duration) async throws {
        let processes = self.processes(names)
        for process in processes { try await process.kill() }
        try await Task.sleep(for: duration)
        try await self.start(processes)
    }

    private func freeze(_ names: [String], for duration: Duration) async throws {
        let processes = self.processes(names)
        for process in processes { process.signal(SIGSTOP) }
        try await Task.sleep(for: duration)
        for process in processes { process.signal(SIGCONT) }
    }

    private func terminate(_ names: [String], for duration: Duration) async throws {
        let processes = self.processes(names)
        let end = ContinuousClock.now + duration
        _ = try await concurrently(processes, atOnce: max(1, processes.count)) { try await self.terminate($0) }
        // Ending takes its own time, and the next fault of the same daemon is to meet it running.
        try await Task.sleep(until: end, clock: .continuous)
        try await self.start(processes)
    }

    private func comeAndGo(_ name: String, for duration: Duration) async throws {
        let end = ContinuousClock.now + duration
        repeat {
            for process in self.processes([name]) {
                try await self.terminate(process)
                try await process.start()
                _ = try await eventually(within: .seconds(4)) { try await process.readiness().isReady }
            }
        } while ContinuousClock.now < end
    }

    private func terminate(_ process: DaemonProcess) async throws {
        let (isInOrder, text) = try await process.terminateInOrder()
        self.log.note(text)
        if !isInOrder { self.observed.change { $0.badEnds.append(text) } }
    }

    private func start(_ processes: [DaemonProcess]) async throws {
        _ = try await concurrently(processes, atOnce: max(1, processes.count)) { try await $0.start() }
    }
}

extension Instant {
    static func + (left: Instant, right: Duration) -> Instant {
        Instant(microseconds: left.microseconds + Int64(right / .microseconds(1)))
    }
}
