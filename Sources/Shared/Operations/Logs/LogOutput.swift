import Foundation
import Synchronization

/// Where lines go; one at a time, so that those of two threads never mix.
final class LogOutput: Sendable {
    private let sink: Mutex<@Sendable (String) -> Void>

    init(_ sink: @escaping @Sendable (String) -> Void) {
        self.sink = Mutex(sink)
    }

    func write(_ line: String) {
        if let gathering = LogGathering.current {
            gathering.add(line, for: self)
        } else {
            self.sink.withLock { $0(line) }
        }
    }

    fileprivate func writeGathered(_ lines: String) {
        self.sink.withLock { $0(lines) }
    }

    static let standardError = LogOutput { line in
        // Nothing is left to report to where standard error itself is gone.
        try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
    }
}

/// The lines of one piece of work, to be written together: a system call for each would cost more than the line.
final class LogGathering: Sendable {
    @TaskLocal static var current: LogGathering?

    private struct State {
        var output: LogOutput?
        var lines = ""
    }

    private let state = Mutex(State())

    /// Lines of another output than those before it are kept apart, in order.
    fileprivate func add(_ line: String, for output: LogOutput) {
        let isOther = self.state.withLock { $0.output != nil && $0.output !== output }
        if isOther { self.flush() }
        self.state.withLock { state in
            state.output = output
            state.lines += line
        }
    }

    fileprivate func flush() {
        let (output, lines) = self.state.withLock { state in
            defer { state.lines = "" }
            return (state.output, state.lines)
        }
        if !lines.isEmpty { output?.writeGathered(lines) }
    }
}

extension Logs {
    /// Writes the lines that `body` logs, in their order, when it is done: with one system call, where they all go to one
    /// place. For work without a pause, since a process that is killed meanwhile leaves none of them.
    public static func gathered<Result>(_ body: () throws -> Result) rethrows -> Result {
        let gathering = LogGathering()
        defer { gathering.flush() }
        return try LogGathering.$current.withValue(gathering) { try body() }
    }
}
