import Foundation
import Subprocess
import SystemPackage
import Testing

@testable import Harness
@testable import Notifi

/// A program that was run to its end.
struct ProgramRun: Sendable {
    let status: TerminationStatus
    let output: String
    let errors: String

    /// Both, line by line.
    var lines: [String] { (self.output + self.errors).split(separator: "\n").map(String.init) }

    /// Runs a daemon with nothing but these variables.
    static func daemon(
        _ daemon: Daemon, arguments: [String] = [], _ variables: [String: String] = [:]
    ) async throws -> ProgramRun {
        try await self.run(
            .path(FilePath(try Programs.folder() + daemon.executable)), arguments: arguments, variables: variables)
    }

    /// Runs the command `notifi` with nothing but these variables.
    static func command(_ arguments: [String], _ variables: [String: String]) async throws -> ProgramRun {
        try await self.run(
            .path(FilePath(try Programs.folder() + "notifi")), arguments: arguments, variables: variables)
    }

    static func run(
        _ executable: Executable, arguments: [String] = [], variables: [String: String]? = nil, input: String = ""
    ) async throws -> ProgramRun {
        let environment: Environment =
            if let variables {
                .custom(
                    Dictionary(
                        variables.compactMap { name, value in Environment.Key(rawValue: name).map { ($0, value) } }
                    ) { first, _ in first })
            } else {
                .inherit
            }
        let result = try await Subprocess.run(
            executable, arguments: Arguments(arguments), environment: environment, input: .string(input),
            output: .string(limit: 1_048_576), error: .string(limit: 1_048_576))
        return ProgramRun(
            status: result.terminationStatus, output: result.standardOutput, errors: result.standardError)
    }
}
