import Foundation

/// How busy the machine is apart from what is measured.
struct MachineLoad: Sendable, Equatable {
    /// Of the last minute.
    let average: Double
    let cores: Int

    /// A compiler beside a benchmark was seen to cost it a factor of 2 to 3.
    var isQuiet: Bool { self.average < 0.25 * Double(self.cores) }

    /// Now, of Linux.
    static func current() throws -> MachineLoad {
        let text = try String(contentsOfFile: "/proc/loadavg", encoding: .utf8)
        guard let average = text.split(separator: " ").first.flatMap({ Double($0) }) else {
            throw CommandFailure("/proc/loadavg says \(text)")
        }
        return MachineLoad(average: average, cores: ProcessInfo.processInfo.activeProcessorCount)
    }
}
