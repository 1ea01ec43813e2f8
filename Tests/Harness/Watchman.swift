import Subprocess
import SystemPackage

/// Sees to it that nothing is left running where the tests themselves are killed and cannot clean up: a shell that reads
/// which processes there are, and ends them when its input ends, as it does with this process.
final class Watchman: Sendable {
    /// `+ 12`: this process came; `- 12`: it is gone; `pg file`: a Postgres whose pid is in this file, while it runs.
    private static let script = """
        trap '' INT TERM HUP
        all= files=
        while read -r what which; do
            case $what in
                +) all="$all $which" ;;
                -) rest=; for each in $all; do [ "$each" = "$which" ] || rest="$rest $each"; done; all=$rest ;;
                pg) files="$files $which" ;;
            esac
        done
        for each in $all; do kill -s KILL "$each"; done
        for each in $files; do [ -f "$each" ] && read -r pid <"$each" && kill -s QUIT "$pid"; done
        """

    private let lines: AsyncStream<String>
    private let input: AsyncStream<String>.Continuation

    init() {
        (self.lines, self.input) = AsyncStream.makeStream()
    }

    func watch(_ pid: Int32) {
        self.input.yield("+ \(pid)\n")
    }

    func forget(_ pid: Int32) {
        self.input.yield("- \(pid)\n")
    }

    /// - Parameter pidFile: without blanks; its first line is the pid.
    func watch(postgres pidFile: String) {
        self.input.yield("pg \(pidFile)\n")
    }

    /// Runs until cancelled.
    func run() async throws {
        var options = PlatformOptions()
        // Ctrl-C goes to a whole group, and this one has to outlive it.
        options.createSession = true
        _ = try await Subprocess.run(
            .path("/bin/sh"), arguments: ["-c", Self.script], platformOptions: options, input: .inputWriter,
            output: .discarded, error: .discarded
        ) { execution in
            for await line in self.lines { _ = try await execution.standardInputWriter.write(line) }
        }
    }
}
