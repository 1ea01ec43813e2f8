import Subprocess
import SystemPackage

/// One run of one daemon, from its start to its end.
struct DaemonRun: Sendable {
    let daemon: Daemon
    /// The folder with the programs.
    let programs: String
    let environment: [String: String]

    /// Runs it until it ends. Each line that it writes, on standard output or error, goes to `onLine`.
    ///
    /// - Parameter onStart: told the pid.
    /// - Returns: how it ended, for people.
    func run(
        onStart: @Sendable (Int32) -> Void, onLine: @Sendable (String) -> Void
    ) async -> String {
        var options = PlatformOptions()
        // A group of its own: Ctrl-C in a terminal goes to a whole group, and only `up` shall get it.
        options.processGroupID = 0
        do {
            let result = try await Subprocess.run(
                .path(FilePath(self.programs).appending(self.daemon.executable)),
                environment: .custom(
                    Dictionary(
                        uniqueKeysWithValues: self.environment.compactMap { name, value in
                            Environment.Key(rawValue: name).map { ($0, value) }
                        })),
                platformOptions: options, input: .none, output: .sequence, error: .combinedWithOutput
            ) { execution in
                onStart(execution.processIdentifier.value)
                for try await line in execution.standardOutput.strings(bufferingPolicy: .unbounded) {
                    onLine(line)
                }
            }
            return switch result.terminationStatus {
            case .exited(let status): "with status \(status)"
            case .signaled(let signal): "on signal \(signal)"
            }
        } catch {
            return "without having run: \(error)"
        }
    }
}
