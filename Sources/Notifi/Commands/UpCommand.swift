import ArgumentParser
import Foundation

struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Run all of Notifi on this machine: Postgres, a broker, the four daemons and the inbox.",
        discussion: """
            For trying out: the embedded broker keeps its messages in memory. NOTIFI_KAFKA_BROKERS and \
            NOTIFI_POSTGRES_URL have it use those instead. Ctrl-C stops all of it, once what is under way has arrived.
            """)

    @Option(help: "Where the API and the inbox listen, on 127.0.0.1.")
    var port: Int = 8080

    @Option(help: "The folder that holds the data, the secrets and the env file.")
    var stateDir: String = ".notifi"

    func validate() throws {
        guard (1...65_535).contains(self.port) else { throw ValidationError("--port has to be from 1 to 65535") }
        guard !self.stateDir.isEmpty else { throw ValidationError("--state-dir may not be empty") }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let folder = StateFolder(self.stateDir)
        let programs = try Self.programs()
        try folder.prepare()
        let status = try await StateLock.holding(folder) { () -> Int32 in
            let console = Console(environment: environment)
            for daemon in try await Leftovers(folder: folder).end() {
                console.say("Ended \(daemon.executable), which an earlier run had left behind")
            }
            if Self.listeningPorts().contains(self.port) {
                throw UpFailure("port \(self.port) is taken: stop what listens there, or choose another one by --port")
            }
            let plan = UpPlan(
                UpRequest(
                    port: self.port, stateDirectory: folder.path, environment: environment,
                    previous: EnvironmentFile(text: try StateFolder.read(folder.environmentFile) ?? "")))
            plan.notes.forEach(console.say)
            return await Supervisor(plan: plan, folder: folder, programs: programs, console: console).run()
        }
        if status != 0 {
            throw ExitCode(status)
        }
    }

    /// The folder of this program, which has to hold the daemons too.
    static func programs() throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folder = URL(filePath: own).deletingLastPathComponent().path(percentEncoded: false)
        let missing = Daemon.allCases.map(\.executable).filter {
            !FileManager.default.isExecutableFile(atPath: folder + "/" + $0)
        }
        guard missing.isEmpty else {
            throw UpFailure("\(missing.joined(separator: ", ")) not found in \(folder): build them first (make build)")
        }
        return folder
    }

    private static func listeningPorts() -> ListeningPorts {
        // Where the kernel does not tell, the API itself will say that it cannot listen.
        ListeningPorts(
            tables: ["/proc/net/tcp", "/proc/net/tcp6"].compactMap { try? String(contentsOfFile: $0, encoding: .utf8) })
    }
}
