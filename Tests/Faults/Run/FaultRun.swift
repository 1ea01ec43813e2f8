import Foundation
import Notifications
import Testing

@testable import Harness
@testable import Notifi

/// One seed: the load and the faults at once, then quiet, then the verdict.
struct FaultRun: Sendable {
    static let users = 16
    let seed: UInt64
    let suffering: Suffering

    struct Result: Sendable {
        let observed: Observed
        let verdict: Verdict
        let report: Report
        let look: Look
    }

    /// - Throws: where the installation could not be brought to rest, or be looked at; what is known is kept then.
    func run() async throws -> Result {
        let observed = Shared(Observed())
        let log = FaultLog(began: .current)
        let plan = FaultPlan(seed: self.seed, canStepClocks: FakeClock.library != nil, only: Seeds.kinds)
        do {
            return try await self.run(plan, observed, log)
        } catch {
            log.note("given up: \(error)")
            try self.report(plan, observed.value, Verdict(observed.value), log).keep()
            throw error
        }
    }

    private func run(_ plan: FaultPlan, _ observed: Shared<Observed>, _ log: FaultLog) async throws -> Result {
        try await self.suffering.heal()
        if FaultPlan.hasLongSnapshot(self.seed) {
            log.note("a snapshot is held, \((try await self.suffering.snapshot.hold()).components.seconds) s old")
        } else {
            await self.suffering.snapshot.release()
        }
        let installation = self.suffering.installation
        // No other seed has the same ones; with the same ones a seed has the same partitions.
        let users = (1...Self.users).map { "fault-\(self.seed)-\($0)" }
        var people: [[PersonClient]] = []
        for user in users {
            let session = try await installation.token(of: user)
            people.append(self.suffering.http.map { PersonClient(http: $0, userID: user, session: session) })
        }
        let service = installation.service
        let doors = self.suffering.http.map { SendingService(http: $0, token: service.token, id: service.id) }
        let watchers = Watchers(people: people, seed: self.seed, observed: observed)
        let beginning = Instant.current
        let loadRun = LoadRun(
            plan: LoadPlan(seed: self.seed, users: users.count), mark: users[0], users: users, doors: doors,
            beginning: beginning, observed: observed, look: { await watchers.lookEverywhere($0) })
        let injector = FaultInjector(
            installation: installation, wires: self.suffering.wires, clocks: self.suffering.clocks, log: log,
            observed: observed)
        let quiet = Quiet(installation: installation, users: users)

        try await together({ await watchers.run() }) {
            try await together({ await loadRun.run() }, { await injector.run(plan, from: beginning) })
            log.note("load and faults are over")
            // All that were ended were started again.
            self.noteEnded(observed)
            let pids = installation.daemons.map(\.pid)
            try await installation.heal()
            try await sleep(until: beginning + LoadPlan.lastDue)
            let unrest = try await quiet.wait()
            log.note(unrest.isEmpty ? "quiet" : "not quiet: \(unrest)")
            observed.change { $0.unrest = unrest }
            watchers.stop()
            // What is redelivered is so by now, and nobody has fallen over it.
            self.noteEnded(observed)
            if installation.daemons.map(\.pid) != pids {
                observed.change { $0.badEnds.append("a daemon was started again after the faults were over") }
            }
        }
        let stale = try await watchers.stale(within: .seconds(5))
        observed.change { $0.stale = stale }
        let look = Look(quiet: quiet, people: people, service: doors[0])
        let found = try await look.completed(observed.value)
        let verdict = Verdict(found)
        log.note("judged")
        return Result(observed: found, verdict: verdict, report: self.report(plan, found, verdict, log), look: look)
    }

    private func noteEnded(_ observed: Shared<Observed>) {
        for daemon in self.suffering.installation.daemons where !daemon.isRunning {
            observed.change { $0.badEnds.append("\(daemon.name) ended by itself\n\(daemon.logTail())") }
        }
    }

    private func report(_ plan: FaultPlan, _ observed: Observed, _ verdict: Verdict, _ log: FaultLog) -> Report {
        Report(
            seed: self.seed, plan: plan, log: log, observed: observed, verdict: verdict,
            daemons: self.suffering.installation.daemons)
    }

    /// What is there when all is quiet; it can be looked at again.
    struct Look: Sendable {
        let quiet: Quiet
        let people: [[PersonClient]]
        let service: SendingService

        func completed(_ observed: Observed) async throws -> Observed {
            var observed = observed
            observed.rows = try await self.quiet.rows()
            let ids = Set(observed.sends.flatMap(\.acceptedIDs)).sorted()
            observed.trails = try await self.quiet.trails(of: ids, by: self.service)
            observed.inboxes = try await self.quiet.inboxes(of: self.people)
            observed.deadLetters = try await self.quiet.deadLetters()
            return observed
        }
    }
}
