import Foundation

/// The memory of a daemon: before anybody asked anything of it, and the most that it ever held.
struct MemoryWatch: Sendable {
    static let idleGoal = 60.0
    static let loadGoal = 200.0

    let daemon: BenchDaemon
    let idle: Double

    /// Begins to watch one that has just become ready.
    init(_ daemon: BenchDaemon) throws {
        self.daemon = daemon
        self.idle = try daemon.usage().residentMebibytes
    }

    /// MiB, of a daemon in one run.
    struct Reading: Sendable, Equatable {
        let daemon: Daemon
        let idle: Double
        let most: Double
    }

    /// - Throws: where the process is gone.
    func reading() throws -> Reading {
        let status = try String(contentsOfFile: "/proc/\(self.daemon.pid)/status", encoding: .utf8)
        guard let most = Self.mostMebibytes(status: status) else {
            throw CommandFailure("/proc/\(self.daemon.pid)/status has no VmHWM")
        }
        return Reading(daemon: self.daemon.daemon, idle: self.idle, most: most)
    }

    /// - Parameter status: proc(5): `VmHWM` is the peak of the resident set.
    static func mostMebibytes(status: String) -> Double? {
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }.map { $0 / 1_024 }
    }

    /// Two figures a daemon.
    ///
    /// - Parameters:
    ///   - runs: the same daemons in each.
    ///   - load: what they were under.
    static func figures(_ runs: [[Reading]], under load: String) -> [Figure] {
        (runs.first ?? []).flatMap { first in
            let readings = runs.flatMap { $0.filter { $0.daemon == first.daemon } }
            return [
                Figure(
                    name: "\(first.daemon.rawValue), memory idle, before \(load)", unit: .mebibytes,
                    series: Series(readings.map(\.idle)), goal: .atMost(Self.idleGoal)),
                Figure(
                    name: "\(first.daemon.rawValue), memory under \(load)", unit: .mebibytes,
                    series: Series(readings.map(\.most)), goal: .atMost(Self.loadGoal)),
            ]
        }
    }
}
