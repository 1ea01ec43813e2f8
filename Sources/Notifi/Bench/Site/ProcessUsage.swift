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
        let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        guard
            let usage = ProcessUsage(
                stat: stat, ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)), pageBytes: sysconf(Int32(_SC_PAGESIZE)),
                fileDescriptors: try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count)
        else { throw CommandFailure("/proc/\(pid)/stat says \(stat)") }
        return usage
    }

    /// - Parameter stat: proc(5): after the name, which is in parentheses and may hold anything, the 12th and 13th field
    ///   are the ticks in user and in system mode, the 22nd the pages in memory.
    /// - Returns: `nil` where the text is not such a line.
    init?(stat: String, ticksPerSecond: Int, pageBytes: Int, fileDescriptors: Int) {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(whereSeparator: \.isWhitespace)
        guard fields.count > 21, let user = Int(fields[11]), let system = Int(fields[12]), let pages = Int(fields[21])
        else { return nil }
        self.cpuSeconds = Double(user + system) / Double(ticksPerSecond)
        self.residentMebibytes = Double(pages * pageBytes) / 1_048_576
        self.fileDescriptors = fileDescriptors
    }
}
