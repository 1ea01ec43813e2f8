import Foundation

/// What `/proc/PID/stat` tells about a process; see proc(5).
struct ProcessStat: Sendable, Equatable {
    let pid: Int32
    let parent: Int32
    /// `R`, `S`, `D`, `Z` and so on.
    let state: Character
    /// Clock ticks in user and in system mode.
    let ticks: Int
    /// The same of those children that have ended and were waited for.
    let childTicks: Int
    /// Clock ticks between the start of the machine and that of the process: tells it from a later one with its number.
    let startTime: UInt64
    /// In memory.
    let pages: Int

    /// - Returns: `nil` where there is no such process (any more).
    static func of(_ pid: Int32) -> ProcessStat? {
        // The file vanishes with the process, so that not being able to read it is an answer.
        (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)).flatMap(ProcessStat.init)
    }

    /// - Returns: `nil` where the text is not such a line.
    init?(text: String) {
        // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
        guard let end = text.lastIndex(of: ")"), let pid = Int32(text.prefix { $0 != " " }) else { return nil }
        let fields = text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
        guard fields.count > 21, let state = fields[0].first, let parent = Int32(fields[1]),
            let user = Int(fields[11]), let system = Int(fields[12]),
            let childUser = Int(fields[13]), let childSystem = Int(fields[14]),
            let startTime = UInt64(fields[19]), let pages = Int(fields[21])
        else { return nil }
        self.pid = pid
        self.parent = parent
        self.state = state
        self.ticks = user + system
        self.childTicks = childUser + childSystem
        self.startTime = startTime
        self.pages = pages
    }
}
