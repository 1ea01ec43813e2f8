import Operations
import Testing

@testable import Harness
@testable import Notifi

extension FailPoint {
    /// The daemon that passes it.
    var process: Notifi.Daemon {
        get throws {
            let process = Notifi.Daemon(rawValue: self.daemon)
            return try #require(process, "\(self.name) belongs to no daemon")
        }
    }
}

extension DaemonProcess {
    /// Holds from its next start on.
    func arm(_ point: FailPoint, _ action: FailPoint.Action, at passing: Int = 1) {
        self.set(FailPoint.variable, "\(point.name)=\(action.rawValue)@\(passing)")
    }

    func disarm() {
        self.set(FailPoint.variable, "")
    }
}
