import Foundation
import Glibc
import Synchronization
import SystemPackage

/// The lines that `notifi up` shows: its own with the time since its start, those of the daemons with a name each.
final class Console: Sendable {
    /// Lines of the four daemons mix; a lock keeps each of them whole.
    private let output: Mutex<FileDescriptor>
    private let isColoured: Bool
    private let began = ContinuousClock.now

    /// - Parameter environment: `NO_COLOR` and `TERM=dumb` turn colours off; so does an output that is no terminal.
    init(output: FileDescriptor = .standardOutput, environment: [String: String]) {
        self.output = Mutex(output)
        self.isColoured =
            isatty(output.rawValue) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    /// A line of `up` itself.
    func say(_ text: String) {
        self.write(name: "notifi", colour: "1", text: "\(self.elapsed)  \(text)")
    }

    /// A line that a daemon wrote.
    func show(_ line: String, of daemon: Daemon) {
        let colours: [Daemon: String] = [.api: "36", .router: "33", .poller: "35", .delivery: "32"]
        self.write(name: daemon.rawValue, colour: colours[daemon] ?? "0", text: line)
    }

    /// Lines without a name in front, to be copied.
    func present(_ lines: [String]) {
        self.write(lines.map { $0 + "\n" }.joined())
    }

    private var elapsed: String {
        let seconds = (ContinuousClock.now - self.began) / .seconds(1)
        return String(format: "%6.1f s", seconds)
    }

    private func write(name: String, colour: String, text: String) {
        let padded = name.padding(toLength: 8, withPad: " ", startingAt: 0) + " |"
        self.write((self.isColoured ? "\u{1B}[\(colour)m\(padded)\u{1B}[0m " : "\(padded) ") + text + "\n")
    }

    private func write(_ text: String) {
        self.output.withLock { output in
            do {
                _ = try output.writeAll(Array(text.utf8))
            } catch {
                // Whoever read the output is gone (a closed pipe). That is no reason to leave daemons unattended.
            }
        }
    }
}
