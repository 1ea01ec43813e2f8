import Foundation
import Notifications

@testable import Harness

/// What a failed run says: its seed, what was injected when, and the stories of the notifications concerned.
struct Report: Sendable {
    let seed: UInt64
    let plan: FaultPlan
    /// What was injected when.
    let log: FaultLog
    let observed: Observed
    let verdict: Verdict
    let daemons: [DaemonProcess]

    private static let mostViolations = 20
    private static let mostStories = 6

    /// One line: what this run was.
    var summary: String {
        let attempts = self.observed.sends.flatMap(\.attempts)
        func count(_ isWanted: (Observed.Outcome) -> Bool) -> Int { attempts.count { isWanted($0.outcome) } }
        let accepted = count { if case .accepted = $0 { true } else { false } }
        let refused = count { if case .refused = $0 { true } else { false } }
        let unknown = count { if case .unknown = $0 { true } else { false } }
        let states = Dictionary(grouping: self.observed.trails.values) { $0.state ?? "unknown" }
            .map { "\($0.value.count) \($0.key)" }.sorted()
        return """
            seed \(self.seed): \(self.observed.sends.count) asked for in \(attempts.count) attempts \
            (\(accepted) accepted, \(refused) refused, \(unknown) unknown); \
            \(self.observed.trails.count) ids: \(states.joined(separator: ", ")); \
            \(self.observed.cancels.count) cancels, \(self.observed.moves.count) moves, \
            \(self.observed.marks.count) marks, \(self.observed.sightings.count) seen; \
            \(self.plan.entries.count) faults (\(self.log.failures) failed)\(FakeClock.library == nil ? ", clocks left out" : ""); \
            \(self.verdict.violations.count) violations
            """
    }

    var text: String {
        let violations = self.verdict.violations
        let shown = violations.prefix(Self.mostViolations).map { "    \($0.kind): \($0.text) \($0.ids)" }
        let ids = violations.flatMap(\.ids).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        return """
            \(self.summary)
              violations\(violations.count > Self.mostViolations ? " (the first of them)" : ""):
            \(shown.joined(separator: "\n"))
              faults:
            \(self.log.text)
            \(ids.prefix(Self.mostStories).map(self.story).joined(separator: "\n"))
              again: \(self.again)
            """
    }

    /// The command that gives the same load and the same faults.
    private var again: String {
        // A long snapshot is as old as the seeds before this one made it.
        let seeds =
            FaultPlan.hasLongSnapshot(self.seed) && self.seed % 10 > 0
            ? "SEEDS=\(self.seed / 10 * 10)-\(self.seed)" : "SEED=\(self.seed)"
        let kinds = Seeds.kinds.isEmpty ? "" : "NOTIFI_FAULT_KINDS=\(Seeds.kinds.sorted().joined(separator: ",")) "
        return "\(kinds)make faults \(seeds)"
    }

    /// All that is known of one.
    private func story(_ id: String) -> String {
        let send = self.observed.sends.first { $0.acceptedIDs.contains(id) }
        let row = self.observed.rows.first { $0.id == id }
        var lines = ["  \(id): \(send?.message ?? row?.message ?? "unknown") for \(send?.user ?? row?.user ?? "?")"]
        if let schedule = send?.schedule { lines.append("    scheduled for \(schedule)") }
        lines += (send?.attempts ?? []).map { "    POST \($0.began) to \($0.ended): \($0.outcome)" }
        lines += self.observed.moves.filter { $0.id == id }.map {
            "    PATCH to \($0.to): \($0.isMoved.map(String.init) ?? "unknown")"
        }
        lines += self.observed.cancels.filter { $0.id == id }.map {
            "    DELETE \($0.began) to \($0.ended): \($0.answer ?? "unknown")"
        }
        lines += self.observed.marks.filter { $0.what == .read(id) || $0.what == .archived(id) }.map {
            "    \($0.what): \($0.isMarked.map(String.init) ?? "unknown")"
        }
        if let seen = self.observed.sightings[id] {
            lines.append("    seen from \(seen.firstAt); the last who saw it asked at \(seen.lastAskedAt)")
        }
        lines += self.observed.rows.filter { $0.id == id }.map { "    row: \($0)" }
        if let trail = self.observed.trails[id] {
            lines.append("    trail: \(trail.state ?? "unknown") \(trail.events)")
        }
        for daemon in self.daemons {
            lines += daemon.log.split(separator: "\n").filter { $0.contains(id) }.prefix(20).map {
                "    \(daemon.name): \($0.prefix(300))"
            }
        }
        return lines.joined(separator: "\n")
    }

    /// Keeps it, with the daemons' logs, in a folder that git ignores.
    func keep() throws {
        let folder = URL(filePath: FileManager.default.currentDirectoryPath)
            .appending(path: ".artifacts/faults/seed-\(self.seed)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(self.text.utf8).write(to: folder.appending(path: "report.txt"))
        for daemon in self.daemons {
            try Data(daemon.log.utf8).write(to: folder.appending(path: "\(daemon.name).log"))
        }
    }
}
