import Foundation

/// What a figure was measured on.
enum BenchCircumstances {
    static func lines(before: MachineLoad, runs: Int) async throws -> [String] {
        let now = try MachineLoad.current()
        return [
            "Measured \(Date().ISO8601Format()), \(before.cores) cores (\(Self.processor())).",
            "Load average \(before.average) before and \(now.average) after; the load itself makes the latter.",
            "Medians of \(runs) runs each; a ceiling and its stage take turns within a run.",
            "Again: `make bench`.",
        ]
    }

    private static func processor() -> String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
    }
}
