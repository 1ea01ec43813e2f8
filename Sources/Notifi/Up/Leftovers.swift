import Foundation
import Glibc

/// Daemons that an earlier `notifi up` could not end, because it was killed itself.
struct Leftovers: Sendable {
    let folder: StateFolder

    /// Ends them, one after the other: SIGTERM, and SIGKILL after `grace`.
    ///
    /// - Returns: those that were still running.
    /// - Throws: where one is not ours to end, or does not go away.
    func end(grace: Duration = .seconds(3)) async throws -> [Daemon] {
        var ended: [Daemon] = []
        for daemon in Daemon.allCases {
            let file = self.folder.recordFile(of: daemon)
            if let record = try StateFolder.read(file).flatMap(ProcessRecord.init(text:)), Self.isAlive(record) {
                try await Self.end(record, daemon: daemon, grace: grace)
                ended.append(daemon)
            }
            try StateFolder.remove(file)
            try StateFolder.remove(self.folder.readyFile(of: daemon))
        }
        return ended
    }

    /// Writes down a process that was just started, for a later `up` to find.
    func record(_ daemon: Daemon, pid: Int32) throws {
        // Gone already: then there is nothing to be left over.
        guard let stat = ProcessStat.of(pid) else { return }
        let record = ProcessRecord(pid: pid, startTime: stat.startTime, boot: try Self.boot())
        try StateFolder.writePrivately(record.text, to: self.folder.recordFile(of: daemon))
    }

    func forget(_ daemon: Daemon) throws {
        try StateFolder.remove(self.folder.recordFile(of: daemon))
        try StateFolder.remove(self.folder.readyFile(of: daemon))
    }

    private static func end(_ record: ProcessRecord, daemon: Daemon, grace: Duration) async throws {
        for signal in [SIGTERM, SIGKILL] {
            guard kill(record.pid, signal) == 0 || errno == ESRCH else {
                throw UpFailure(
                    "\(daemon.executable) of an earlier run (pid \(record.pid)) may not be ended by this user")
            }
            // There is no event for the end of a process that is nobody's child here; so look, within bounds.
            let deadline = ContinuousClock.now + grace
            while ContinuousClock.now < deadline {
                guard self.isAlive(record) else { return }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        throw UpFailure("\(daemon.executable) of an earlier run (pid \(record.pid)) does not end")
    }

    private static func isAlive(_ record: ProcessRecord) -> Bool {
        guard let boot = try? self.boot() else { return false }
        return record.isAlive(now: ProcessStat.of(record.pid), boot: boot)
    }

    private static func boot() throws -> String {
        try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
