import Foundation
public import Logging
import Metrics
public import ServiceLifecycle
import Synchronization
import SystemPackage
import UnixSignals

/// Where audit lines go, apart from the log: standard output, standard error, or a file that is appended to.
///
/// As a service it opens its file anew on SIGHUP, so that a file that was moved away can be let go.
public final class AuditStream: Service {
    public enum Destination: Sendable, Hashable {
        case standardOutput, standardError
        /// Made, readable by its owner alone, where there is none.
        case file(String)
    }

    private let destination: Destination
    private let output: Mutex<FileDescriptor>
    private let failures: Counter
    private let logger: Logger

    /// - Throws: ``AuditError`` where the file cannot be opened.
    public init(to destination: Destination, logger: Logger) throws {
        self.destination = destination
        self.output = Mutex(try Self.open(destination))
        self.failures = Metric("audit_failures", help: "Audit lines that could not be written.").counter()
        self.logger = logger
    }

    deinit {
        guard case .file = self.destination else { return }
        // What was written is written; nothing is left to do where closing fails.
        try? self.output.withLock { try $0.close() }
    }

    /// Writes these together, before it returns. Call it once a request, when the deed is done and before it is answered
    /// for. Lines that cannot be written are counted and logged: what was done is done.
    public func write(_ lines: [AuditLine]) {
        guard !lines.isEmpty else { return }
        let time = Timestamp.now()
        let bytes = Array(lines.map { $0.text(time: time) }.joined().utf8)
        do {
            _ = try self.output.withLock { try $0.writeAll(bytes) }
        } catch {
            self.failures.increment(by: lines.count)
            self.logger.error(
                "audit lines could not be written", error: error,
                metadata: ["lines": .stringConvertible(lines.count)])
        }
    }

    public func write(_ line: AuditLine) {
        self.write([line])
    }

    public func run() async throws {
        guard case .file(let path) = self.destination else {
            try await gracefulShutdown()
            return
        }
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do {
                try self.reopen()
                self.logger.info("the audit file was opened anew", metadata: ["path": "\(path)"])
            } catch {
                self.logger.error("the audit file could not be opened anew; the old one goes on", error: error)
            }
        }
    }

    func reopen() throws {
        let opened = try Self.open(self.destination)
        let old = self.output.withLock { output in
            defer { output = opened }
            return output
        }
        try old.close()
    }

    private static func open(_ destination: Destination) throws -> FileDescriptor {
        switch destination {
        case .standardOutput: return .standardOutput
        case .standardError: return .standardError
        case .file(let path):
            do {
                return try FileDescriptor.open(
                    FilePath(path), .writeOnly, options: [.create, .append, .closeOnExec],
                    permissions: .ownerReadWrite)
            } catch {
                throw AuditError(path: path, reason: "\(error)")
            }
        }
    }
}

public struct AuditError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    public var description: String { "the audit file \(self.path) cannot be opened: \(self.reason)" }
}

public enum AuditSettings {
    public static let file = Setting<String?>(
        "audit.file", help: "File that audit lines are appended to; opened anew on SIGHUP. Without: standard output.")
}

extension AuditStream {
    /// As the settings say, or to `fallback` where they name no file.
    public convenience init(settings: Settings, otherwise fallback: Destination, logger: Logger) throws {
        try self.init(to: settings[AuditSettings.file].map { .file($0) } ?? fallback, logger: logger)
    }
}
