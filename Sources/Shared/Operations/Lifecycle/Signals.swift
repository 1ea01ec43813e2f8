import Glibc
import UnixSignals

/// The signals that a daemon reacts to.
enum Signals {
    /// Writing to a connection that the other side closed is from now on an error of that write alone.
    static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// Traps these signals from now on, until cancelled, and reports what they mean.
    static func watch(
        _ signals: [UnixSignal: StopCause] = [.sigterm: .terminate, .sigint: .interrupt],
        _ report: (StopCause) -> Void
    ) async {
        for await signal in await UnixSignalsSequence(trapping: Array(signals.keys)) {
            if let cause = signals[signal] {
                report(cause)
            }
        }
    }
}
