import Foundation
import Glibc
import Subprocess
import Synchronization
import SystemPackage
import Testing

@testable import Notifi

/// One replica of a daemon: a child process that can be killed, stopped and started again. What all its runs logged is
/// in one file.
final class DaemonProcess: Sendable {
    struct Run: Sendable {
        let pid: pid_t
        let ended: Once<TerminationStatus>
    }

    private struct State {
        var run: Run?
        var environment: [String: String]
        var ports: DaemonPorts?
    }

    let daemon: Daemon
    /// `router-1`, say.
    let name: String
    let logFile: String
    /// Only the API has one.
    let auditFile: String
    private let readyFile: String
    private let program: String
    private let host: ProcessHost
    private let state: Mutex<State>

    /// - Parameters:
    ///   - programs: the folder of the daemons.
    ///   - folder: for its log and its ready file.
    init(
        _ daemon: Daemon, number: Int, programs: String, folder: String, environment: [String: String],
        host: ProcessHost
    ) {
        self.daemon = daemon
        self.name = "\(daemon.rawValue)-\(number)"
        self.logFile = "\(folder)/\(self.name).log"
        self.auditFile = "\(folder)/\(self.name).audit.jsonl"
        self.readyFile = "\(folder)/\(self.name).ready.json"
        self.program = programs + daemon.executable
        self.host = host
        var environment = environment
        environment["NOTIFI_READY_FILE"] = self.readyFile
        if daemon == .api { environment["NOTIFI_AUDIT_FILE"] = environment["NOTIFI_AUDIT_FILE"] ?? self.auditFile }
        self.state = Mutex(State(environment: environment))
    }

    /// Those of the current run, or the last one.
    var ports: DaemonPorts {
        get throws { try #require(self.state.withLock { $0.ports }, "\(self.name) was never up") }
    }

    private var run: Run? { self.state.withLock { $0.run } }

    /// Of the current run, or the last one.
    var pid: pid_t? { self.run?.pid }

    var isRunning: Bool { self.run.map { $0.ended.value == nil } ?? false }

    func set(_ variable: String, _ value: String) {
        self.state.withLock { $0.environment[variable] = value }
    }

    // MARK: Starting

    /// Starts it and returns when it serves `/readyz`, ready or not.
    ///
    /// - Parameter mayEnd: whether it may have ended already, as one does that is armed to end at the first thing it meets.
    func start(mayEnd: Bool = false) async throws {
        try #require(!self.isRunning, "\(self.name) runs already")
        if FileManager.default.fileExists(atPath: self.readyFile) {
            try FileManager.default.removeItem(atPath: self.readyFile)
        }
        let spawned = Once<Result<Run, any Error>>()
        let environment = self.state.withLock { $0.environment }
        self.host.add { await self.run(environment, spawned) }
        let run = try #require(await spawned.value(within: .seconds(20)), "\(self.name) was not spawned").get()
        self.state.withLock { $0.run = run }
        let ports = Shared<DaemonPorts?>(nil)
        try await require("\(self.name) is up\n\(self.logTail())", within: .seconds(30)) {
            if mayEnd, run.ended.value != nil { return true }
            try #require(run.ended.value == nil, "\(self.name) ended at its start: \(self.logTail())")
            guard let data = FileManager.default.contents(atPath: self.readyFile) else { return false }
            let read = try JSONDecoder().decode(DaemonPorts.self, from: data)
            ports.change { $0 = read }
            return true
        }
        self.state.withLock { $0.ports = ports.value ?? $0.ports }
        // A port that was given once stays the same, so that clients find it after a restart.
        if let http = ports.value?.http { self.set("NOTIFI_HTTP_PORT", String(http)) }
    }

    private func run(_ environment: [String: String], _ spawned: Once<Result<Run, any Error>>) async {
        let ended = Once<TerminationStatus>()
        do {
            let log = try FileDescriptor.open(
                FilePath(self.logFile), .writeOnly, options: [.create, .append], permissions: .ownerReadWrite)
            let variables = environment.compactMap { name, value in Environment.Key(rawValue: name).map { ($0, value) }
            }
            let result = try await Subprocess.run(
                .path(FilePath(self.program)),
                environment: .custom(Dictionary(variables) { first, _ in first }), input: .none,
                output: .fileDescriptor(log, closeAfterSpawningProcess: true), error: .combinedWithOutput
            ) { execution in
                self.host.watchman.watch(execution.processIdentifier.value)
                spawned.happen(.success(Run(pid: execution.processIdentifier.value, ended: ended)))
            }
            self.host.watchman.forget(result.processIdentifier.value)
            ended.happen(result.terminationStatus)
        } catch {
            spawned.happen(.failure(error))
            ended.happen(.signaled(SIGKILL))
        }
    }

    // MARK: Stopping

    /// SIGKILL, and returns when it is gone.
    func kill() async throws {
        let status = try await self.end(SIGKILL, within: .seconds(10))
        try #require(status == .signaled(SIGKILL), "\(self.name) was not killed but \(status)")
    }

    /// SIGTERM. Returns how it ended, and how long that took.
    func terminate() async throws -> (status: TerminationStatus, took: Duration) {
        let clock = ContinuousClock()
        let began = clock.now
        let status = try await self.end(SIGTERM, within: .seconds(40))
        return (status, clock.now - began)
    }

    /// SIGTERM, where nothing but an orderly end is right.
    func stop(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let (status, took) = try await self.terminate()
        #expect(status == .exited(0), "\(self.name)\n\(self.logTail())", sourceLocation: sourceLocation)
        #expect(took < .seconds(10), "\(self.name)\n\(self.logTail())", sourceLocation: sourceLocation)
    }

    /// SIGTERM. Returns how it ended, and whether that was in order and in time.
    func terminateInOrder() async throws -> (isInOrder: Bool, text: String) {
        let (status, took) = try await self.terminate()
        return (status == .exited(0) && took < .seconds(20), "\(self.name) ended within \(took): \(status)")
    }

    private func end(_ signal: Int32, within limit: Duration) async throws -> TerminationStatus {
        let run = try #require(self.run, "\(self.name) was never started")
        try #require(run.ended.value == nil, "\(self.name) has ended by itself: \(self.logTail())")
        try #require(Glibc.kill(run.pid, signal) == 0)
        return try #require(
            await run.ended.value(within: limit), "\(self.name) did not end within \(limit)\n\(self.logTail())")
    }

    /// Waits until it ends by itself. Returns how; `nil` where it does not.
    func end(within limit: Duration) async throws -> TerminationStatus? {
        await (try #require(self.run, "\(self.name) was never started")).ended.value(within: limit)
    }

    /// Waits until somebody, itself perhaps, has sent it SIGSTOP.
    func waitUntilStopped(within limit: Duration = .seconds(40)) async throws {
        let pid = try #require(self.pid, "\(self.name) was never started")
        try await require("\(self.name) stands still\n\(self.logTail())", within: limit) {
            // After the name, which may have anything in it but is in brackets: `123 (name) T 1 ...`.
            let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            return stat.split(separator: ")").last?.hasPrefix(" T") == true
        }
    }

    /// Sends a signal that does not end it, as SIGSTOP and SIGCONT; without effect where it does not run.
    func signal(_ signal: Int32) {
        if let run = self.run, run.ended.value == nil { _ = Glibc.kill(run.pid, signal) }
    }

    // MARK: Looking

    var log: String {
        FileManager.default.contents(atPath: self.logFile).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    func logTail(lines: Int = 25) -> String {
        self.log.split(separator: "\n").suffix(lines).map { "    \(self.name)  \($0.prefix(400))" }
            .joined(separator: "\n")
    }

    /// What `/readyz?verbose` answers now.
    func readiness() async throws -> (isReady: Bool, text: String) {
        let client = HTTPClient(port: try self.ports.admin)
        do {
            let answer = try await client.send("GET", "/readyz?verbose")
            await client.close()
            return (answer.status == 200, String(decoding: answer.body, as: UTF8.self))
        } catch {
            await client.close()
            throw error
        }
    }

    func waitUntilReady(within limit: Duration = .seconds(30)) async throws {
        let last = Shared("no answer")
        try await require("\(self.name) is ready: \(last.value)\n\(self.logTail())", within: limit) {
            let (isReady, text) = try await self.readiness()
            last.change { $0 = text }
            return isReady
        }
    }
}
