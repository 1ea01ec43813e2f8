import Foundation
import Subprocess
import Synchronization
import SystemPackage

/// Why the private Postgres can't be had, in one line for the operator.
struct LocalPostgresError: Error, Sendable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A private Postgres cluster in a folder of its own, run as a child of this process, for `notifi up` and for tests.
///
/// It listens on 127.0.0.1 (with a generated password) and on a Unix socket in a folder that only its user may enter.
/// Data and port stay the same between starts. Run by root, it runs as the system user `postgres`. Whoever calls `start()`
/// has to call `stop()`.
actor LocalPostgres {
    enum StopMode: Sendable {
        /// Ends sessions, rolls back, and writes everything down.
        case fast
        /// Ends at once, as a crash would; the next start recovers.
        case immediate

        fileprivate var signal: Signal { self == .fast ? .interrupt : .quit }
    }

    struct Configuration: Sendable {
        /// Where it all lies; made when it isn't there.
        var directory: String
        /// Nil: the one of the last start, or else a free one.
        var port: Int?
        /// More settings of `postgresql.conf`, such as `["fsync": "off"]`.
        var settings: [String: String]
        /// Bound on starting, recovery from a crash included.
        var startTimeout: Duration
        /// Bound on stopping; then it is killed.
        var stopTimeout: Duration

        init(
            directory: String, port: Int? = nil, settings: [String: String] = [:],
            startTimeout: Duration = .seconds(60), stopTimeout: Duration = .seconds(10)
        ) {
            self.directory = directory
            self.port = port
            self.settings = settings
            self.startTimeout = startTimeout
            self.stopTimeout = stopTimeout
        }
    }

    private enum Event: Sendable {
        case spawned(pid_t)
        case ready
        case ended(reason: String, portIsTaken: Bool)
    }

    private struct Running {
        let pid: pid_t
        let task: Task<Void, Never>
        /// To be sent by who holds the process, so that they can't reach another one that got its pid.
        let signals: AsyncStream<Signal>.Continuation
    }

    private let configuration: Configuration
    private let site: LocalPostgresSite
    private let log: @Sendable (String) -> Void
    private var running: Running?
    private var isBusy = false
    private let address = Mutex<(port: Int, password: String)?>(nil)

    /// - Parameters:
    ///   - directory: Where it all lies; made when it isn't there.
    ///   - log: Takes the server's log, line by line, and what this type has to say.
    init(directory: String, log: @escaping @Sendable (String) -> Void = { _ in }) throws {
        try self.init(Configuration(directory: directory), log: log)
    }

    init(_ configuration: Configuration, log: @escaping @Sendable (String) -> Void = { _ in }) throws {
        self.configuration = configuration
        self.site = LocalPostgresSite(
            directory: configuration.directory, isDurable: configuration.settings["fsync"] != "off", log: log)
        self.log = log
    }

    /// Starts it for the time of `body` and stops it afterwards, whatever happens.
    static func run<R: Sendable>(
        _ configuration: Configuration, log: @escaping @Sendable (String) -> Void = { _ in },
        _ body: @Sendable (LocalPostgres) async throws -> R
    ) async throws -> R {
        let server = try LocalPostgres(configuration, log: log)
        try await server.start()
        let result: Result<R, any Error>
        do {
            result = .success(try await body(server))
        } catch {
            result = .failure(error)
        }
        try await server.stop()
        return try result.get()
    }

    /// `postgresql://` over TCP, with the password. Stays the same over `restart()`.
    ///
    /// - Precondition: it was started at least once.
    nonisolated var url: String {
        let (port, password) = self.knownAddress
        return "postgresql://notifi:\(password)@127.0.0.1:\(port)/notifi"
    }

    /// Over the Unix socket, without a password; for this user, the server's user and root.
    ///
    /// - Precondition: it was started at least once.
    nonisolated var socketURL: String {
        "postgresql:///notifi?user=notifi&host=\(self.site.socketFolder)&port=\(self.knownAddress.port)"
    }

    private nonisolated var knownAddress: (port: Int, password: String) {
        guard let address = self.address.withLock({ $0 }) else {
            preconditionFailure("there is no address before the first start")
        }
        return address
    }

    /// The server's process, while it runs.
    var pid: Int32? { self.running?.pid }

    /// Makes the cluster if there is none, starts the server, and returns when it accepts connections.
    ///
    /// - Throws: `LocalPostgresError` where tools are missing, the folder is in use by another process, its data is of
    ///   a version that isn't installed, or the server doesn't come up. Nothing is left running then.
    func start() async throws {
        try await self.exclusively { try await self.startNow() }
    }

    /// Stops it and returns when its process is gone. Does nothing when it isn't running.
    func stop(_ mode: StopMode = .fast) async throws {
        try await self.exclusively { try await self.stopNow(mode) }
    }

    /// Stops and starts it again, on the same port.
    func restart(_ mode: StopMode = .fast) async throws {
        try await self.exclusively {
            try await self.stopNow(mode)
            try await self.startNow()
        }
    }

    /// Stops it and deletes the cluster and everything else that was made for it.
    func remove() async throws {
        try await self.exclusively {
            try await self.stopNow(.immediate)
            try await self.site.remove()
        }
    }

    /// Returns when the server's process has ended, for whatever reason; at once when it isn't running.
    func ended() async {
        await self.running?.task.value
    }

    private func exclusively(_ body: () async throws -> Void) async throws {
        guard !self.isBusy else { throw LocalPostgresError("Postgres is being started or stopped already") }
        self.isBusy = true
        defer { self.isBusy = false }
        try await body()
    }
}

// MARK: - Starting
extension LocalPostgres {
    private func startNow() async throws {
        guard self.running == nil else { return }
        let cluster = try await self.site.prepare()
        let known = self.address.withLock { $0?.port } ?? self.configuration.port
        let saved = try known ?? self.site.savedPort()
        var attempts = 0
        while true {
            let port = attempts == 0 ? saved ?? Self.randomPort() : Self.randomPort()
            attempts += 1
            do {
                try await self.launch(cluster, port: port)
                self.address.withLock { $0 = (port, cluster.password) }
                try self.site.savePort(port)
                return
            } catch let error as PortTaken {
                guard known == nil, attempts < 20 else {
                    throw LocalPostgresError("port \(port) for Postgres is taken: \(error.reason)")
                }
            }
        }
    }

    private struct PortTaken: Error {
        let reason: String
    }

    /// Below the range that the system gives out by itself, so that few ports are taken.
    private static func randomPort() -> Int { Int.random(in: 20_000..<32_000) }

    private func launch(_ cluster: LocalPostgresSite.Cluster, port: Int) async throws {
        let (events, input) = AsyncStream.makeStream(of: Event.self)
        let (signals, signalInput) = AsyncStream.makeStream(of: Signal.self)
        let task = self.spawn(cluster, port: port, events: input, signals: signals)
        let timeout = self.configuration.startTimeout
        let outcome = await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // The end of the sleep, or of the group, ends the waiting below.
                try? await Task.sleep(for: timeout)
                if !Task.isCancelled { input.finish() }
            }
            var pid: pid_t?
            waiting: for await event in events {
                switch event {
                case .spawned(let value): pid = value
                case .ready, .ended:
                    group.cancelAll()
                    return (pid, event as Event?)
                }
            }
            group.cancelAll()
            return (pid, nil)
        }
        switch outcome {
        case (let pid?, .ready):
            self.running = Running(pid: pid, task: task, signals: signalInput)
            try self.site.claim()
        case (_, .ended(let reason, let portIsTaken)):
            await task.value
            if portIsTaken { throw PortTaken(reason: reason) }
            throw LocalPostgresError("Postgres did not start: \(reason)")
        default:
            task.cancel()
            await task.value
            if Task.isCancelled { throw CancellationError() }
            throw LocalPostgresError("Postgres did not accept connections within \(timeout)")
        }
    }

    /// The task lives as long as the process; `stop()` and every failure to start await it.
    private func spawn(
        _ cluster: LocalPostgresSite.Cluster, port: Int, events: AsyncStream<Event>.Continuation,
        signals: AsyncStream<Signal>
    ) -> Task<Void, Never> {
        let command = self.site.command(
            "\(cluster.tools)/postgres", cluster.arguments(port: port, settings: self.configuration.settings),
            as: cluster.user)
        var options = PlatformOptions()
        // A session of its own, so that Ctrl-C in the terminal doesn't reach it before its owner has stopped.
        options.createSession = true
        options.teardownSequence = [
            .send(signal: .interrupt, allowedDurationToNextStep: self.configuration.stopTimeout),
            .send(signal: .quit, allowedDurationToNextStep: .seconds(3)),
        ]
        let log = self.log
        return Task { [options] in
            var lastLines: [String] = []
            do {
                let result = try await Subprocess.run(
                    .path(FilePath(command.tool)), arguments: Arguments(command.arguments),
                    environment: .custom(LocalPostgresSite.environment), workingDirectory: "/",
                    platformOptions: options, input: .none, output: .sequence, error: .combinedWithOutput
                ) { process in
                    events.yield(.spawned(process.processIdentifier.value))
                    return try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            for await signal in signals { try process.send(signal: signal) }
                        }
                        var lines: [String] = []
                        for try await line in process.standardOutput.strings(bufferingPolicy: .unbounded) {
                            log(line)
                            lines = lines.suffix(9) + [line]
                            if line.hasSuffix("database system is ready to accept connections") { events.yield(.ready) }
                        }
                        group.cancelAll()
                        return lines
                    }
                }
                lastLines = result.closureResult
                if !result.terminationStatus.isSuccess { lastLines.append("\(result.terminationStatus)") }
            } catch {
                lastLines.append("\(error)")
            }
            events.yield(
                .ended(
                    reason: lastLines.first { $0.contains("FATAL:") || $0.contains("ERROR:") }
                        ?? lastLines.last ?? "no reason given",
                    portIsTaken: lastLines.contains { $0.contains("Address already in use") }))
            events.finish()
        }
    }
}

// MARK: - Stopping
extension LocalPostgres {
    private func stopNow(_ mode: StopMode) async throws {
        guard let running = self.running else { return }
        running.signals.yield(mode.signal)
        let isGone = await Self.finishes(running.task, within: self.configuration.stopTimeout)
        if !isGone {
            self.log("Postgres does not stop, so it is killed")
            running.task.cancel()
            await running.task.value
        }
        self.running = nil
        try self.site.unclaim()
    }

    /// Cancelling the caller does not shorten it: a server that was told to stop must be seen to stop. `waiter` ends
    /// with the process, which the caller sees to.
    private static func finishes(_ task: Task<Void, Never>, within bound: Duration) async -> Bool {
        let (ends, input) = AsyncStream.makeStream(of: Bool.self)
        let waiter = Task {
            await task.value
            input.yield(true)
        }
        let timer = Task {
            try await Task.sleep(for: bound)
            input.yield(false)
        }
        var iterator = ends.makeAsyncIterator()
        let outcome = await Task { await iterator.next() }.value
        timer.cancel()
        if outcome == true { await waiter.value }
        return outcome ?? false
    }
}
