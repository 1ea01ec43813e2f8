import Foundation
import Glibc

/// What a process has used so far and holds now, of Linux' `/proc`.
struct ProcessUsage: Sendable, Equatable {
    /// User and system time.
    let cpuSeconds: Double
    let residentMebibytes: Double
    let fileDescriptors: Int

    /// - Throws: where there is no such process, or it is not ours.
    static func of(_ pid: Int32) throws -> ProcessUsage {
        guard let stat = ProcessStat.of(pid) else { throw CommandFailure("there is no process \(pid) any more") }
        return ProcessUsage(
            stat, ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)), pageBytes: sysconf(Int32(_SC_PAGESIZE)),
            fileDescriptors: try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count)
    }

    init(_ stat: ProcessStat, ticksPerSecond: Int, pageBytes: Int, fileDescriptors: Int) {
        self.cpuSeconds = Double(stat.ticks) / Double(ticksPerSecond)
        self.residentMebibytes = Double(stat.pages * pageBytes) / 1_048_576
        self.fileDescriptors = fileDescriptors
    }
}
