import Notifications

@testable import Harness

/// What was injected when, by the clock that everything is measured with.
final class FaultLog: Sendable {
    private let began: Instant
    private let lines = Shared<[String]>([])

    init(began: Instant) {
        self.began = began
    }

    var text: String { self.lines.value.joined(separator: "\n") }

    /// Faults that could not be had, or did not end as they should.
    var failures: Int { self.lines.value.count { $0.contains("failed: ") } }

    func note(_ line: String) {
        let seconds = self.began.secondsUntil(.current)
        let hundredths = Int(seconds * 100)
        let shown = "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
        self.lines.change { $0.append("    \(shown) s  \(line)") }
    }
}
