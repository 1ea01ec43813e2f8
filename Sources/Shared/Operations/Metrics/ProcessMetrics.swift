import Foundation

/// What Linux tells about this process, under the names that Prometheus' own clients use.
struct ProcessMetrics: Sendable {
    let daemon: String

    func exposition() -> String {
        var text = ""
        Self.append(
            "notifi_build_info", "gauge", "Version of the program that answers.", to: &text,
            labels: [(name: "daemon", value: self.daemon), (name: "version", value: NotifiBuild.version)], value: 1)
        if let bytes = Self.residentBytes() {
            Self.append(
                "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", to: &text, value: bytes)
        }
        if let times = Self.times() {
            Self.append(
                "process_cpu_seconds_total", "counter", "User and system CPU time spent in seconds.", to: &text,
                value: times.cpu)
            Self.append(
                "process_start_time_seconds", "gauge", "Start time since the Unix epoch in seconds.", to: &text,
                value: times.start)
        }
        if let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
            // Reading the directory opened one of them.
            Self.append(
                "process_open_fds", "gauge", "Number of open file descriptors.", to: &text,
                value: Double(descriptors - 1))
        }
        return text
    }

    private static func append(
        _ name: String, _ kind: String, _ help: String, to text: inout String,
        labels: [(name: String, value: String)] = [], value: Double
    ) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
        text += "\(name)\(MetricNames.text(of: labels)) \(MetricNames.number(value))\n"
    }

    private static func residentBytes() -> Double? {
        self.value(of: "VmRSS:", in: "/proc/self/status").map { $0 * 1_024 }
    }

    private static func times() -> (cpu: Double, start: Double)? {
        // The name of the program, in parentheses, may itself contain spaces and parentheses.
        guard let stat = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            let afterName = stat.lastIndex(of: ")").map({ stat[stat.index(after: $0)...].split(separator: " ") }),
            afterName.count > 19, let user = Double(afterName[11]), let system = Double(afterName[12]),
            let started = Double(afterName[19]), let boot = self.value(of: "btime", in: "/proc/stat")
        else { return nil }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        return ((user + system) / ticks, boot + started / ticks)
    }

    /// The number behind a name at the beginning of a line.
    private static func value(of name: String, in path: String) -> Double? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) })
        else { return nil }
        return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
    }
}
