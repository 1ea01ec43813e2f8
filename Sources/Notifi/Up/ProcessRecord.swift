/// A process that `notifi up` started, as it is written down in `run/`, so that a later one can find what a SIGKILL left.
struct ProcessRecord: Sendable, Equatable {
    let pid: Int32
    let startTime: UInt64
    /// Tells one start of the machine from another.
    let boot: String

    init(pid: Int32, startTime: UInt64, boot: String) {
        self.pid = pid
        self.startTime = startTime
        self.boot = boot
    }

    /// - Returns: `nil` where the text is not what ``text`` gives.
    init?(text: String) {
        let fields = text.split(whereSeparator: \.isWhitespace)
        // 0 and 1 and what is negative would mean groups, or the whole machine, to `kill`.
        guard fields.count == 3, let pid = Int32(fields[0]), pid > 1, let startTime = UInt64(fields[1]) else {
            return nil
        }
        self.init(pid: pid, startTime: startTime, boot: String(fields[2]))
    }

    var text: String { "\(self.pid) \(self.startTime) \(self.boot)\n" }

    /// Whether the process that has this pid now (`nil`: there is none) is the one that was written down, and alive.
    func isAlive(now stat: ProcessStat?, boot: String) -> Bool {
        guard let stat, boot == self.boot else { return false }
        return stat.startTime == self.startTime && stat.state != "Z" && stat.state != "X"
    }
}
