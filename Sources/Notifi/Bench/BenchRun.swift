import Foundation

/// Measures stage after stage, and writes down what came of it.
struct BenchRun: Sendable {
    let stages: [any BenchStage]
    let runs: Int
    let isQuick: Bool
    let soak: Duration
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
            runs: self.runs, isQuick: self.isQuick, soak: self.soak, programs: programs, folder: self.output,
            servers: servers, console: console)
        var report = StageReport(warnings: warnings)
        var failure: (any Error)?
        for stage in self.stages {
            do {
                console.say("== \(stage.name)")
                var found = try await stage.measure(bench)
                found.note(others: bench.others.take(), of: stage.name)
                report.add(found)
            } catch {
                // What was measured by then is written down all the same.
                _ = bench.others.take()
                failure = error
                console.say("ERROR: \(stage.name): \(error)")
                report.warnings.append("the stage \(stage.name) failed: \(error)")
            }
        }
        await servers.stop()
        try ReportFiles(folder: self.output).write(
            report, circumstances: try await BenchCircumstances.lines(before: before, runs: self.runs))
        console.say("The report is in \(self.output)/report.md")
        if let failure { throw failure }
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
