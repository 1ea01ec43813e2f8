import Foundation
import Operations
import Subprocess
import SystemPackage

/// librdkafka in a C program of its own, as the ceiling of what a client written around it can do. The program is
/// `Benchmarks/ceilings/relay.c`, compiled where it runs.
struct RawKafka: Sendable {
    private let program: String
    private let brokers: String
    /// Those of the daemons' consumers that depend on the brokers, `name=value`.
    private let consumerSettings: [String]

    struct Outcome: Sendable, Equatable, Codable {
        let count: Int
        /// From the first record in hand to the last one done.
        let seconds: Double

        var perSecond: Double { Double(self.count) / self.seconds }
    }

    static let source = "Benchmarks/ceilings/relay.c"

    /// Compiles the program into the bench's folder.
    ///
    /// - Throws: `CommandFailure` where the source, a C compiler or librdkafka's header is missing.
    init(_ bench: Bench) async throws {
        guard FileManager.default.isReadableFile(atPath: Self.source) else {
            throw CommandFailure("\(Self.source) is not here: run the bench in the repository's folder")
        }
        self.program = "\(bench.folder)/relay"
        self.brokers = bench.servers.brokers
        self.consumerSettings =
            bench.servers.embedded == nil ? [] : ["fetch.wait.max.ms=5", "session.timeout.ms=6000"]
        try await Self.compile(to: self.program)
    }

    private static func compile(to program: String) async throws {
        do {
            let result = try await Subprocess.run(
                .name("cc"), arguments: ["-O2", "-o", program, self.source, "-lrdkafka"],
                output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
            if result.terminationStatus.isSuccess { return }
            throw CommandFailure(
                "\(self.source) could not be compiled; it needs librdkafka-dev:\n\(result.standardError.prefix(2_000))")
        } catch let error as SubprocessError {
            throw CommandFailure(
                "no C compiler builds \(self.source): apt-get install gcc libc6-dev librdkafka-dev (\(error))")
        }
    }

    func produce(_ count: Int, bytes: Int, to topic: String) async throws -> Outcome {
        try await self.run(["produce", self.brokers, topic, "\(count)", "\(bytes)"])
    }

    func consume(_ count: Int, from topic: String) async throws -> Outcome {
        try await self.run(["consume", self.brokers, topic, "\(count)"] + self.consumerSettings)
    }

    /// Consumes, and produces each record again with its key and headers.
    func relay(_ count: Int, from source: String, to target: String) async throws -> Outcome {
        try await self.run(["relay", self.brokers, source, target, "\(count)"] + self.consumerSettings)
    }

    private func run(_ arguments: [String]) async throws -> Outcome {
        let result = try await Subprocess.run(
            .path(FilePath(self.program)), arguments: Arguments(arguments), output: .string(limit: 1 << 16),
            error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess, let outcome = Outcome(result.standardOutput) else {
            throw CommandFailure("relay \(arguments[0]) failed: \(result.standardError.prefix(2_000))")
        }
        return outcome
    }
}

extension RawKafka.Outcome {
    /// - Returns: `nil` where the text is not what the program writes, or tells of nothing.
    init?(_ text: String) {
        guard let outcome = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)), outcome.count > 0,
            outcome.seconds > 0
        else { return nil }
        self = outcome
    }
}
