import Foundation
import Subprocess
import SystemPackage

/// Postgres' own load generator, as the ceiling of what can be had of the server.
struct Pgbench: Sendable {
    let url: String
    /// For the script; absolute.
    let folder: String

    struct Outcome: Sendable, Equatable {
        let transactionsPerSecond: Double
        let averageLatencyMilliseconds: Double
        /// Of each command of the script, in its order.
        var commandMilliseconds: [Double] = []
    }

    /// - Parameters:
    ///   - script: in pgbench's own form, one transaction.
    ///   - transactions: for each client; `nil` to run for `duration`.
    ///   - variables: what the script finds set in each client at its beginning.
    ///   - prepared: whether statements are prepared once, as the daemons do.
    func run(
        _ script: String, clients: Int = 1, duration: Duration = .seconds(5), transactions: Int? = nil,
        variables: [String: String] = [:], prepared: Bool = true
    ) async throws -> Outcome {
        let file = "\(self.folder)/pgbench-\(UUID().uuidString.prefix(8).lowercased()).sql"
        try Data(script.utf8).write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let bound =
            transactions.map { ["-t", "\($0)"] } ?? ["-T", "\(max(1, Int((duration / .seconds(1)).rounded())))"]
        let arguments =
            ["-n", "-r", "-f", file, "-c", "\(clients)", "-j", "1", "-M", prepared ? "prepared" : "simple"] + bound
            + variables.flatMap { ["-D", "\($0)=\($1)"] } + [self.url]
        let result = try await Subprocess.run(
            .path(FilePath(try Self.program())), arguments: Arguments(arguments), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess, let outcome = Outcome(result.standardOutput) else {
            throw CommandFailure("pgbench failed: \(result.standardError.prefix(2_000))")
        }
        return outcome
    }

    /// Debian has it beside the server, in no `PATH`.
    static func program() throws -> String {
        let root = "/usr/lib/postgresql"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap { Int($0) }
        let found = versions.sorted(by: >).map { "\(root)/\($0)/bin/pgbench" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let found else { throw CommandFailure("pgbench is not installed: apt-get install postgresql") }
        return found
    }
}

extension Pgbench.Outcome {
    /// - Returns: `nil` where the text is not what pgbench 15 or newer writes at its end.
    init?(_ text: String) {
        func number(after name: String) -> Double? {
            text.split(separator: "\n").first { $0.hasPrefix(name) }
                .flatMap { $0.dropFirst(name.count).split(separator: " ").first }.flatMap { Double($0) }
        }
        guard let rate = number(after: "tps = "), let latency = number(after: "latency average = ") else { return nil }
        let commands = text.split(separator: "\n").drop { !$0.hasPrefix("statement latencies in milliseconds") }
            .dropFirst().compactMap { $0.split(separator: " ").first.flatMap { Double($0) } }
        self.init(
            transactionsPerSecond: rate, averageLatencyMilliseconds: latency, commandMilliseconds: commands)
    }
}
