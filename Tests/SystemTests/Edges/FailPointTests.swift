import Foundation
import Notifications
import Operations
import Subprocess
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd {
    /// P1 to P3: a kill between every two steps of each daemon.
    @Suite(.installation)
    struct FailPointTests {
        /// Every one there is: that it is reached shows by the daemon's end, which nobody else brings about.
        @Test(
            "killed there, and started again: nothing is lost, doubled or early, cancels are kept, changes are announced",
            arguments: FailPoint.allCases)
        func kill(_ point: FailPoint) async throws {
            let installation = try await Installation.healthy
            let process = installation[try point.process]
            let load = EdgeLoad(installation, process.daemon.rawValue)
            try await load.prepare()
            let readers = InboxReader(try await installation.people(load.users), pause: .milliseconds(200))
            try await withBackground({ try await readers.run() }) {
                try await process.stop()
                process.arm(point, .kill)
                // Whatever goes wrong, the next case begins with one that lives.
                defer { process.disarm() }
                if process.daemon == .api {
                    try await process.start(mayEnd: true)
                    try await together(
                        { try await Self.revive(process, after: point, in: installation) },
                        {
                            let due = Instant.inSeconds(4)
                            try await load.send(due: due)
                            try await load.change(due: .inSeconds(2))
                        })
                } else {
                    // All waits for it, so that it meets much at once.
                    let due = Instant.inSeconds(1)
                    try await load.send(due: due)
                    if process.daemon != .router { try await Self.untilNothingElseWaits(load, process, due) }
                    try await process.start(mayEnd: true)
                    try await Self.revive(process, after: point, in: installation)
                }
                try await load.expectFinished(readers)
            }
        }

        /// Waits for its end at this point, and starts it again without.
        private static func revive(
            _ process: DaemonProcess, after point: FailPoint, in installation: Installation
        ) async throws {
            let status = try await process.end(within: .seconds(40))
            #expect(status == .signaled(SIGKILL), "\(point.name) was not reached\n\(process.logTail())")
            process.disarm()
            if status == nil { try await process.stop() }
            try await installation.restart(process)
        }

        private static func untilNothingElseWaits(
            _ load: EdgeLoad, _ process: DaemonProcess, _ due: Instant
        ) async throws {
            try await load.installation.untilRouted()
            try await sleep(until: due)
            guard process.daemon == .delivery else { return }
            try await require("what is due is claimed", within: .seconds(20)) {
                try await load.installation.database.countInOutbox(of: load.users) == 0
            }
        }
    }
}
