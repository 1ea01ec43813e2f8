import Foundation
import Notifications
import Testing

@testable import Harness
@testable import Notifi

/// One seed: the load and the faults at once, then quiet, then the verdict.
struct FaultRun: Sendable {
    static let users = 16
    /// So long after a fault of the brokers clients may still pause between two attempts.
    private static let aftermath: Duration = .seconds(4)

    let seed: UInt64
    let suffering: Suffering

    struct Result: Sendable {
        let observed: Observed
        let verdict: Verdict
        let report: Report
        let look: Look
    }

    func run() async throws -> Result {
        let installation = self.suffering.installation
        let users = installation.users(Self.users, "fault-\(self.seed)")
        var people: [[PersonClient]] = []
        for user in users {
            let session = try await installation.token(of: user)
            people.append(self.suffering.http.map { PersonClient(http: $0, userID: user, session: session) })
        }
        let service = installation.service
        let doors = self.suffering.http.map { SendingService(http: $0, token: service.token, id: service.id) }
        let faults = FaultPlan(seed: self.seed, canStepClocks: FakeClock.library != nil, only: Seeds.kinds)
        let load = LoadPlan(seed: self.seed, users: users.count)
        let beginning = Instant.current
        var circumstances = Observed()
        circumstances.isAPIUntouched = faults.isAPIUntouched
        circumstances.brokerTroubles = faults.brokerFaults.map {
            (beginning + $0.at)...(beginning + $0.end + Self.aftermath)
        }
        let observed = Shared(circumstances)
        let log = FaultLog(began: beginning)
        if FaultPlan.hasLongSnapshot(self.seed) {
            log.note("a snapshot is held, \((try await self.suffering.snapshot.hold()).components.seconds) s old")
        } else {
            await self.suffering.snapshot.release()
        }
        let loadRun = LoadRun(
            plan: load, mark: users[0], users: users, doors: doors, beginning: beginning, observed: observed)
        let injector = FaultInjector(
            installation: installation, wires: self.suffering.wires, clocks: self.suffering.clocks, log: log,
            observed: observed)
        let watchers = Watchers(people: people, seed: self.seed, observed: observed)
        let quiet = Quiet(installation: installation, users: users)

        try await together({ await watchers.run() }) {
            try await together({ await loadRun.run() }, { await injector.run(faults, from: beginning) })
            log.note("load and faults are over")
            // All that were ended were started again.
            for daemon in installation.daemons where !daemon.isRunning {
                observed.change { $0.badEnds.append("\(daemon.name) ended by itself\n\(daemon.logTail())") }
            }
            try await installation.heal()
            try await sleep(until: beginning + LoadPlan.lastDue)
            let unrest = try await quiet.wait()
            log.note(unrest.isEmpty ? "quiet" : "not quiet: \(unrest)")
            observed.change { $0.unrest = unrest }
            watchers.stop()
        }
        let look = Look(quiet: quiet, people: people.map { $0[0] }, service: doors[0])
        let found = try await look.completed(observed.value)
        let verdict = Verdict(found)
        log.note("judged")
        return Result(
            observed: found, verdict: verdict,
            report: Report(
                seed: self.seed, plan: faults, log: log, observed: found, verdict: verdict,
                daemons: installation.daemons), look: look)
    }

    /// What is there when all is quiet; it can be looked at again.
    struct Look: Sendable {
        let quiet: Quiet
        let people: [PersonClient]
        let service: SendingService

        func completed(_ observed: Observed) async throws -> Observed {
            var observed = observed
            observed.rows = try await self.quiet.rows()
            let ids = Set(observed.sends.flatMap(\.acceptedIDs)).sorted()
            observed.trails = try await self.quiet.trails(of: ids, by: self.service)
            observed.inboxes = try await self.quiet.inboxes(of: self.people)
            return observed
        }
    }
}
