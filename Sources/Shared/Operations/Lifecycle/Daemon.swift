import Foundation
import Logging
import Metrics
public import ServiceLifecycle

/// The life of a daemon from its arguments to its exit code.
public enum Daemon {
    /// Runs a daemon and ends the process.
    ///
    /// Reads the arguments (`--help`, `--version`) and the configuration, sets up logs and metrics, serves `/livez`,
    /// `/readyz` and `/metrics`, builds the services and runs them. On SIGTERM or SIGINT `/readyz` fails at once and
    /// the services are stopped one by one, the last first, all within ten seconds: after 9.5 s what is left is
    /// cancelled. A second SIGINT cancels at once.
    ///
    /// Exit codes: 0 after an orderly stop; 1 after a failure or an overdue stop; 64 for unknown arguments; 78 for a
    /// configuration that cannot be used.
    ///
    /// - Parameters:
    ///   - name: the name of the program, for example `notifi-router`.
    ///   - settings: every key that it reads; ``Settings/common`` among them.
    ///   - servesHTTP: whether it has an HTTP server of its own, whose port it gives to
    ///     ``DaemonContext/announce(http:)``.
    ///   - build: the composition root. Makes the services in the order in which they start, clients before what uses
    ///     them, and registers health checks. Metrics made here are shown; those made earlier are not. It may throw
    ///     a ``SettingsError`` for settings that do not fit each other. It must not wait for Kafka or Postgres: until
    ///     it returns, nothing is served and a signal ends the process at once.
    public static func run(
        _ name: String,
        settings: [any AnySetting],
        servesHTTP: Bool = false,
        build: @Sendable (DaemonContext) async throws -> [any Service]
    ) async -> Never {
        switch Self.start(name, settings: settings, arguments: Array(ProcessInfo.processInfo.arguments.dropFirst())) {
        case .exit(let code):
            exit(code)
        case .run(let settings):
            exit(await Self.run(name, settings: settings, servesHTTP: servesHTTP, build: build))
        }
    }

    private static func run(
        _ name: String, settings: Settings, servesHTTP: Bool,
        build: @Sendable (DaemonContext) async throws -> [any Service]
    ) async -> Int32 {
        Signals.ignoreBrokenPipes()
        Logs.bootstrap(
            daemon: name, level: settings[CommonSettings.logLevel], format: settings[CommonSettings.logFormat])
        let logger = Logger(label: name)
        for warning in settings.warnings {
            logger.warning("\(warning)")
        }
        let metrics = PrometheusMetrics()
        MetricsSystem.bootstrap(metrics)
        let health = Health()
        let readiness = Readiness(
            adminHost: settings[CommonSettings.adminHost], servesHTTP: servesHTTP, file: ReadyFile.path, logger: logger)
        let admin = AdminServer(
            host: settings[CommonSettings.adminHost], port: settings[CommonSettings.adminPort], health: health,
            metrics: metrics, processMetrics: ProcessMetrics(daemon: name), logger: logger,
            onBound: { readiness.bound(admin: $0) })
        let context = DaemonContext(
            daemon: name, settings: settings, logger: logger, health: health, readiness: readiness)
        let services: [any Service]
        do {
            services = try await build(context)
        } catch let error as SettingsError {
            for fault in error.faults {
                logger.error("\(fault)")
            }
            return SettingsError.exitCode
        } catch {
            logger.error("\(name) cannot start", error: error)
            return 1
        }
        let supervisor = Supervisor(logger: logger, health: health, readiness: readiness)
        let (causes, cause) = AsyncStream.makeStream(of: StopCause.self)
        return await withTaskGroup(of: Int32?.self) { group in
            group.addTask {
                await Signals.watch { cause.yield($0) }
                return nil
            }
            group.addTask { await supervisor.run([admin, health] + services, causes: causes) }
            defer { group.cancelAll() }
            while let result = await group.next() {
                if let code = result { return code }
            }
            return 1
        }
    }
}

// MARK: - Before anything runs

extension Daemon {
    enum Start {
        case run(Settings)
        case exit(Int32)
    }

    /// `EX_USAGE` of `sysexits.h`.
    private static let usageError: Int32 = 64

    /// Reads arguments and configuration.
    static func start(
        _ name: String,
        settings: [any AnySetting],
        arguments: [String],
        environment: [String: String] = ProcessInfo.processInfo.environment,
        out: (String) -> Void = { Self.write($0, to: .standardOutput) },
        err: (String) -> Void = { Self.write($0, to: .standardError) }
    ) -> Start {
        switch arguments {
        case []:
            break
        case ["--help"], ["-h"]:
            out(Settings.help(program: name, settings))
            return .exit(0)
        case ["--version"]:
            out("\(name) \(NotifiBuild.version)\n")
            return .exit(0)
        default:
            err("\(name): unknown arguments; usage: \(name) [--help | --version]\n")
            return .exit(Self.usageError)
        }
        do {
            #if DEBUG
            try FailPoint.arm(name, environment: environment)
            #endif
            return .run(try Settings.load(settings, environment: environment))
        } catch {
            for fault in error.faults {
                err("\(name): \(fault)\n")
            }
            return .exit(SettingsError.exitCode)
        }
    }

    private static func write(_ text: String, to handle: FileHandle) {
        // A reader that has gone away, as in `--help | head`, is no error of this program.
        try? handle.write(contentsOf: Data(text.utf8))
    }
}
