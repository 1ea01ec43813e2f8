import Foundation
import Glibc
import Synchronization

/// How many cores others use while something is measured: those of the whole machine, without this program, what it has
/// started and the Postgres of its own. Brokers and a Postgres given by address count as others where they are here.
///
/// The load average cannot tell: it is what the measurement itself makes, and a minute old.
struct OtherLoad: Sendable {
    /// Processes whose descendants are ours, too.
    let roots: [Int32]
    private let began: Snapshot

    /// In ticks, as Linux counts processor time.
    struct Snapshot: Sendable, Equatable {
        /// Of all cores, since the machine began.
        let busy: Int
        let own: Int
        let at: ContinuousClock.Instant
    }

    init(roots: [Int32]) throws {
        self.roots = roots
        self.began = try Self.snapshot(roots)
    }

    /// Since this was made.
    func cores() throws -> Double {
        Self.cores(self.began, try Self.snapshot(self.roots), ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)))
    }

    static func cores(_ before: Snapshot, _ after: Snapshot, ticksPerSecond: Int) -> Double {
        let seconds = (after.at - before.at) / .seconds(1)
        let ticks = (after.busy - before.busy) - (after.own - before.own)
        return seconds > 0 ? max(0, Double(ticks) / Double(ticksPerSecond) / seconds) : 0
    }

    private static func snapshot(_ roots: [Int32]) throws -> Snapshot {
        let stat = try String(contentsOfFile: "/proc/stat", encoding: .utf8)
        guard let busy = Self.busyTicks(stat: stat) else { throw CommandFailure("/proc/stat says \(stat.prefix(80))") }
        let processes = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }
            // One that has ended meanwhile is none.
            .compactMap(ProcessStat.of).map(ProcessTicks.init)
        return Snapshot(busy: busy, own: ProcessTicks.sum(of: roots, among: processes), at: .now)
    }

    /// - Parameter stat: proc(5): user, nice, system, idle, iowait, irq, softirq, steal. What the host takes away disturbs
    ///   as much as another process.
    /// - Returns: `nil` where the text is not of that form.
    static func busyTicks(stat: String) -> Int? {
        let fields = stat.prefix { $0 != "\n" }.split(separator: " ")
        guard fields.count > 8, fields[0] == "cpu" else { return nil }
        let numbers = fields[1...8].compactMap { Int($0) }
        return numbers.count == 8 ? numbers.reduce(0, +) - numbers[3] - numbers[4] : nil
    }
}

/// The processor time of a process and of those children of it that have ended.
struct ProcessTicks: Sendable, Equatable {
    let pid: Int32
    let parent: Int32
    let ticks: Int

    init(pid: Int32, parent: Int32, ticks: Int) {
        self.pid = pid
        self.parent = parent
        self.ticks = ticks
    }

    init(_ stat: ProcessStat) {
        self.init(pid: stat.pid, parent: stat.parent, ticks: stat.ticks + stat.childTicks)
    }

    /// Of these processes and all that descend from them.
    static func sum(of roots: [Int32], among processes: [ProcessTicks]) -> Int {
        let children = Dictionary(grouping: processes, by: \.parent)
        var own = Dictionary(processes.map { ($0.pid, $0) }) { first, _ in first }
        var next = roots
        var sum = 0
        while let pid = next.popLast() {
            guard let process = own.removeValue(forKey: pid) else { continue }
            sum += process.ticks
            next += children[pid, default: []].map(\.pid)
        }
        return sum
    }
}

/// What ``OtherLoad`` saw, run by run of the stage that is measured.
final class OtherLoads: Sendable {
    private let cores = Mutex<[Double]>([])

    func note(_ cores: Double) { self.cores.withLock { $0.append(cores) } }

    /// Since it was asked last; `nil` where nothing was noted.
    func take() -> Series? {
        let values = self.cores.withLock { cores in
            defer { cores = [] }
            return cores
        }
        return values.isEmpty ? nil : Series(values)
    }
}
