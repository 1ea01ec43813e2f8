import Foundation
import FoundationNetworking
import Subprocess
import SystemPackage

/// A daemon that is measured, while it runs.
struct BenchDaemon: Sendable {
    let daemon: Daemon
    let pid: Int32
    let ports: DaemonPorts
    let logFile: String

    /// What it has used and holds at this moment.
    func usage() throws -> ProcessUsage { try ProcessUsage.of(self.pid) }

    /// Of its `/metrics`; `nil` where there is none of this name and these labels.
    ///
    /// - Parameter series: as it stands there, with its labels: `notifi_inbox_versions_total{outcome="hit"}`.
    func metric(_ series: String) async throws -> Double? {
        guard let url = URL(string: "http://127.0.0.1:\(self.ports.admin)/metrics") else { return nil }
        let text = String(decoding: try await URLSession.shared.data(from: url).0, as: UTF8.self)
        return text.split(separator: "\n").first { $0.hasPrefix(series + " ") }
            .flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
    }

    /// Starts it, waits until it is ready, runs `body`, and stops it: SIGTERM, and SIGKILL after 12 s.
    static func running<R: Sendable>(
        _ daemon: Daemon, programs: String, folder: String, environment: [String: String],
        _ body: @Sendable (BenchDaemon) async throws -> R
    ) async throws -> R {
        let mark = "\(daemon.rawValue)-\(UUID().uuidString.prefix(4).lowercased())"
        let (readyFile, logFile) = ("\(folder)/\(mark).ready.json", "\(folder)/\(mark).log")
        var environment = environment
        environment["NOTIFI_READY_FILE"] = readyFile
        if daemon == .api { environment["NOTIFI_AUDIT_FILE"] = "\(folder)/\(mark).audit.jsonl" }
        // Into a file, as a service manager would have it; nothing of this process has to read along.
        let log = try FileDescriptor.open(
            FilePath(logFile), .writeOnly, options: [.create, .append], permissions: .ownerReadWrite)
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(12))]
        let variables = environment.compactMap { name, value in Environment.Key(rawValue: name).map { ($0, value) } }
        let result = try await Subprocess.run(
            .path(FilePath(programs).appending(daemon.executable)),
            environment: .custom(Dictionary(variables) { first, _ in first }), platformOptions: options, input: .none,
            output: .fileDescriptor(log, closeAfterSpawningProcess: true), error: .combinedWithOutput
        ) { process in
            let result: Result<R, any Error>
            do {
                let readiness = Readiness(readyFile: readyFile, timeout: .seconds(60))
                guard case .ready(let ports) = try await readiness.wait() else {
                    throw CommandFailure("\(daemon.executable) did not get ready: see \(logFile)")
                }
                result = .success(
                    try await body(
                        BenchDaemon(
                            daemon: daemon, pid: process.processIdentifier.value, ports: ports, logFile: logFile)))
            } catch {
                result = .failure(error)
            }
            await process.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: .seconds(12))])
            return result
        }
        try FileManager.default.removeItem(atPath: readyFile)
        return try result.closureResult.get()
    }
}
