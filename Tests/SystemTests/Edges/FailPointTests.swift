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
                try await load.untilSeen(by: readers)
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

        /// Parts of a batch are written on several connections: one of them is committed, the other is not, or both are.
        @Test(
            "killed while the parts of a wide batch are written beside each other: all of it arrives, once",
            arguments: [FailPoint.routerOutboxWritten, .routerOutboxCommitted, .deliveryWritten], [1, 2])
        func wide(_ point: FailPoint, passing: Int) async throws {
            let installation = try await Installation.healthy
            let process = installation[try point.process]
            let users = installation.users(400, "wide")
            try await process.stop()
            process.arm(point, .kill, at: passing)
            defer { process.disarm() }
            let due = Instant.inSeconds(5)
            var ids: Set<String> = []
            for batch in stride(from: 0, to: users.count, by: 100).map({ users[$0..<$0 + 100] }) {
                let results = try await installation.service.sendBatch(batch.map { Outgoing(to: $0, "wide", at: due) })
                for result in results { ids.insert(try #require(result.notification).id) }
            }
            if process.daemon == .delivery {
                try await installation.untilRouted()
                try await require("what is due is claimed", within: .seconds(20)) {
                    try await installation.database.countInOutbox(of: users) == 0
                }
            }
            try await process.start(mayEnd: true)
            try await Self.revive(process, after: point, in: installation)
            let decisions = try await installation.decisions(of: users, count: users.count)
            #expect(Set(decisions.map(\.id)) == ids)
            #expect(decisions.allSatisfy { $0.delivered >= due.microseconds })
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
