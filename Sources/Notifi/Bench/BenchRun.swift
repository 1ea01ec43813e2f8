import Foundation
import UnixSignals

/// Measures stage after stage, and writes down what came of it.
struct BenchRun: Sendable {
    let stages: [any BenchStage]
    let runs: Int
    let isQuick: Bool
    let soak: Duration
    let bloat: Duration
    /// Absolute.
    let output: String
    let kafkaBrokers: String?
    let postgresURL: String?

    func run() async throws {
        try FileManager.default.createDirectory(atPath: self.output, withIntermediateDirectories: true)
        let console = Console(environment: ProcessInfo.processInfo.environment)
        let programs = try UpCommand.programs()
        let before = try MachineLoad.current()
        var warnings: [String] = []
        if !before.isQuiet {
            warnings.append(
                "the machine was not quiet when this began: load \(before.average) on \(before.cores) cores")
        }
        #if DEBUG
        warnings.append("this is a debug build: its figures are worth nothing")
        #endif
        if self.isQuick { warnings.append("a quick run: its figures are worth nothing") }
        warnings.forEach { console.say("Mind: \($0)") }

        let servers = try await BenchServers.start(
            kafkaBrokers: self.kafkaBrokers, postgresURL: self.postgresURL, console: console)
        let bench = Bench(
            runs: self.runs, isQuick: self.isQuick, soak: self.soak, bloat: self.bloat, programs: programs,
            folder: self.output,
            servers: servers, console: console)
        var (report, failure) = await Self.untilSignal { await self.measure(bench) }
        report.warnings = warnings + report.warnings
        await servers.stop()
        try ReportFiles(folder: self.output).write(
            report, circumstances: try await BenchCircumstances.lines(before: before, runs: self.runs))
        console.say("The report is in \(self.output)/report.md")
        if let failure { throw failure }
    }

    /// What was measured until one failed is kept, and so is that it did.
    private func measure(_ bench: Bench) async -> (StageReport, (any Error)?) {
        var report = StageReport()
        var failure: (any Error)?
        for stage in self.stages where !Task.isCancelled {
            do {
                bench.console.say("== \(stage.name)")
                var found = try await stage.measure(bench)
                found.note(others: bench.others.take(), of: stage.name)
                report.add(found)
            } catch {
                // What was measured by then is written down all the same.
                _ = bench.others.take()
                failure = error
                bench.console.say("ERROR: \(stage.name): \(error)")
                report.warnings.append("the stage \(stage.name) failed: \(error)")
            }
        }
        return (report, failure)
    }

    /// Ctrl-C ends what is measured, its daemons and servers, rather than this process alone.
    private static func untilSignal<R: Sendable>(_ body: @escaping @Sendable () async -> R) async -> R {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        return await withTaskGroup(of: R?.self) { group in
            group.addTask { await body() }
            group.addTask {
                for await _ in signals { break }
                return nil
            }
            var result: R?
            for await ended in group {
                result = result ?? ended
                // Whichever it was: the other one has nothing more to wait for.
                group.cancelAll()
            }
            // Only `body` returns something, and it always does.
            return result!
        }
    }
}

extension StageReport {
    /// Beside each figure, since the median of a disturbed one is no median of the machine.
    mutating func note(others: Series?, of stage: String) {
        guard let others else { return }
        for place in self.figures.indices where self.figures[place].others == nil {
            self.figures[place].others = others
        }
        if self.figures.contains(where: \.isDisturbed) {
            self.warnings.append(
                "\(stage): others used up to \(MarkdownReport.digits(others.max)) cores while it was measured")
        }
    }

    mutating func add(_ other: StageReport) {
        self.figures += other.figures
        self.curves += other.curves
        self.details += other.details
        self.warnings += other.warnings
    }
}
