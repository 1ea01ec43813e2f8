import ArgumentParser
import Foundation

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure every stage against its ceiling, side by side, and write a report.",
        usage: """
            notifi bench
            notifi bench --stage post --stage poll --runs 5
            notifi bench --quick
            notifi bench --kafka-brokers kafka1:9092 --postgres-url postgresql://me@db/postgres
            """,
        discussion: """
            Starts what it needs on this machine: a Postgres, an embedded broker, and the daemons beside this program. \
            Build them for release first (make bench does). With --kafka-brokers and --postgres-url it uses those, in \
            databases of its own, which it removes, and topics of its own (bench-...), which it leaves. Figures are \
            medians; a ceiling is measured in the same run as its stage, and what others use of the machine meanwhile \
            stands beside each figure. Stages: \(BenchStages.names.joined(separator: ", ")).
            """,
        subcommands: [BenchServeCommand.self])

    @Option(name: .customLong("stage"), help: "Measure this stage alone; may be given several times.")
    var stages: [String] = []

    @Option(help: "How often each figure is measured; the median counts.")
    var runs = 3

    @Option(help: "How long the stage soak lasts.")
    var soakMinutes = 30

    @Option(help: "How long each half of the stage bloat lasts; the goal speaks of 30.")
    var bloatMinutes = 2

    @Option(help: "The folder for the report, its pictures and the daemons' logs.")
    var output = ".artifacts/bench"

    @Option(help: "A Kafka cluster to use, host:port, instead of the embedded broker.")
    var kafkaBrokers: String?

    @Option(help: "A Postgres server to use; its user has to be allowed to make databases.")
    var postgresUrl: String?

    @Flag(help: "Small loads and short runs, to see that all of it works. Its figures are worth nothing.")
    var quick = false

    func validate() throws {
        guard (1...99).contains(self.runs) else { throw ValidationError("--runs has to be from 1 to 99") }
        guard (1...10_080).contains(self.soakMinutes) else {
            throw ValidationError("--soak-minutes has to be from 1 to 10080")
        }
        guard (1...10_080).contains(self.bloatMinutes) else {
            throw ValidationError("--bloat-minutes has to be from 1 to 10080")
        }
        guard !self.output.isEmpty else { throw ValidationError("--output may not be empty") }
        if let brokers = self.kafkaBrokers, !Self.areBrokers(brokers) {
            throw ValidationError("--kafka-brokers has to be host:port, or several of them with commas between")
        }
        if let url = self.postgresUrl, !["postgres", "postgresql"].contains(URLComponents(string: url)?.scheme) {
            throw ValidationError("--postgres-url is not a URL of Postgres: postgresql://user@host:5432/postgres")
        }
        for stage in self.stages where BenchStages.named(stage) == nil {
            throw ValidationError(
                "there is no stage \(stage.debugDescription); there are \(BenchStages.names.joined(separator: ", "))")
        }
    }

    private static func areBrokers(_ text: String) -> Bool {
        text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { broker in
            guard let colon = broker.lastIndex(of: ":"), colon > broker.startIndex,
                let port = Int(broker[broker.index(after: colon)...])
            else { return false }
            return (1...65_535).contains(port)
        }
    }

    func run() async throws {
        let chosen = self.stages.isEmpty ? BenchStages.all : BenchStages.all.filter { self.stages.contains($0.name) }
        try await BenchRun(
            stages: chosen, runs: self.runs, isQuick: self.quick, soak: .seconds(60 * self.soakMinutes),
            bloat: .seconds(60 * self.bloatMinutes),
            output: StateFolder(self.output).path,
            kafkaBrokers: self.kafkaBrokers, postgresURL: self.postgresUrl
        ).run()
    }
}
