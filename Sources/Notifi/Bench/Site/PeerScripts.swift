import Foundation
import Subprocess
import SystemPackage

/// The scripts of `Benchmarks/peers`, run against a site's database.
struct PeerScripts: Sendable {
    /// In the repository; absolute.
    let folder: String
    let postgresURL: String
    /// For logs; absolute.
    let logs: String

    /// - Returns: `nil` where this is not run from the repository.
    static func find(postgresURL: String, logs: String) -> PeerScripts? {
        let folder = "\(FileManager.default.currentDirectoryPath)/Benchmarks/peers"
        guard FileManager.default.isExecutableFile(atPath: "\(folder)/setup") else { return nil }
        return PeerScripts(folder: folder, postgresURL: postgresURL, logs: logs)
    }

    private var python: String { "\(self.folder)/../../.artifacts/peers/bin" }

    /// - Throws: `CommandFailure` with what it said, where they cannot be installed.
    func install() async throws { _ = try await self.run("\(self.folder)/setup", []) }

    /// - Returns: what it printed.
    func python(_ arguments: String...) async throws -> String {
        try await self.run("\(self.python)/python", arguments)
    }

    func installQueue() async throws { _ = try await self.run("\(self.python)/pgq", ["install"]) }

    private var environment: Subprocess.Environment {
        .inherit.updating([
            "PEER_POSTGRES_URL": self.postgresURL, "PGDSN": self.postgresURL, "PYTHONDONTWRITEBYTECODE": "1",
        ])
    }

    private func run(_ program: String, _ arguments: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .path(FilePath(program)), arguments: Arguments(arguments), environment: self.environment,
            workingDirectory: FilePath(self.folder), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw CommandFailure("\(program) \(arguments) failed: \(result.standardError.suffix(500))")
        }
        return result.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Serves a peer's poll while `body` runs, on the port that it is given.
    func serving<R: Sendable>(
        _ application: String, _ body: @Sendable (_ port: Int) async throws -> R
    ) async throws -> R {
        // Below those that the system gives to others; whoever has it already makes gunicorn end.
        let port = Int.random(in: 20_000..<30_000)
        let log = try FileDescriptor.open(
            FilePath("\(self.logs)/\(application).log"), .writeOnly, options: [.create, .append],
            permissions: .ownerReadWrite)
        let result = try await Subprocess.run(
            .path(FilePath("\(self.folder)/serve")), arguments: [application, "\(port)"],
            environment: self.environment, workingDirectory: FilePath(self.folder), input: .none,
            output: .fileDescriptor(log, closeAfterSpawningProcess: true), error: .combinedWithOutput
        ) { process in
            let result: Result<R, any Error>
            do {
                result = .success(try await body(port))
            } catch {
                result = .failure(error)
            }
            await process.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: .seconds(10))])
            return result
        }
        return try result.closureResult.get()
    }
}
