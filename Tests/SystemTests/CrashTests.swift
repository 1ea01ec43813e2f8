import Notifications
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd {
    /// P1 and P2: SIGKILL of any daemon at any moment.
    @Suite(.installation)
    struct CrashTests {
        @Test(
            "SIGKILL under load: every 202 ends in the inbox exactly once, none lost, none doubled, none early",
            arguments: Daemon.allCases)
        func kill(_ daemon: Daemon) async throws {
            let installation = try await Installation.healthy
            let users = installation.users(50, "crash-\(daemon.rawValue)")
            var load = Load(users: users, due: 6...10)
            load.isInsistent = true
            let progress = Shared(Load.Progress())
            let reader = InboxReader(try await installation.people(users), pause: .milliseconds(500))
            try await withBackground({ try await reader.run() }) { [load] in
                try await together(
                    { try await load.send(by: installation.service, progress) },
                    { try await Self.killing(daemon, in: installation, users: users, progress) })
                #expect(progress.value.faults.isEmpty, "\(progress.value.faults.prefix(3))")
                try #require(progress.value.accepted.count == 2_500)
                try await installation.expectArrivals(progress.value.accepted, to: users)
            }
            installation.expectNoneSeenEarly(reader, progress.value.accepted)
            if daemon == .api { #expect(progress.value.repeats > 0, "the kill was felt") }
        }

        /// Kills it in the midst of what it does, several times.
        private static func killing(
            _ daemon: Daemon, in installation: Installation, users: [String], _ progress: Shared<Load.Progress>
        ) async throws {
            let process = installation[daemon]
            switch daemon {
            case .api:
                for count in [300, 1_100, 1_900] {
                    try await require("\(count) are accepted", within: .seconds(60)) {
                        progress.value.accepted.count >= count
                    }
                    try await Self.killAndRestart(process, in: installation)
                }
            case .poller:
                for count in [20, 150, 300] {
                    try await Self.waitUntilMore(than: count, areIn: installation, users: users, scheduledOnly: true)
                    try await Self.killAndRestart(process, in: installation)
                }
            case .router, .delivery:
                // Again as soon as anything comes out after the restart, in the midst of all that has waited.
                var count = 0
                for _ in 0..<3 where count < 1_600 {
                    count = try await Self.waitUntilMore(than: count + 100, areIn: installation, users: users)
                    try await Self.killAndRestart(process, in: installation)
                }
            }
        }

        @discardableResult
        private static func waitUntilMore(
            than count: Int, areIn installation: Installation, users: [String], scheduledOnly: Bool = false
        ) async throws -> Int {
            let found = Shared(0)
            try await require("more than \(count) are delivered", within: .seconds(60)) {
                let now = try await installation.database.countInInbox(of: users, scheduledOnly: scheduledOnly)
                found.change { $0 = now }
                return now > count
            }
            return found.value
        }

        private static func killAndRestart(_ process: DaemonProcess, in installation: Installation) async throws {
            try await process.kill()
            try await installation.restart(process)
        }

        @Test("SIGKILL of every daemon at once, and of Postgres with them")
        func killEverything() async throws {
            let installation = try await Installation.healthy
            let users = installation.users(50, "crash-all")
            var load = Load(users: users, due: 6...9)
            load.isInsistent = true
            let progress = Shared(Load.Progress())
            try await together(
                { [load] in try await load.send(by: installation.service, progress) },
                {
                    try await require("some are accepted", within: .seconds(60)) {
                        progress.value.accepted.count >= 800
                    }
                    for process in installation.daemons { try await process.kill() }
                    try await installation.database.server.restart(.immediate)
                    try await installation.startAll()
                })
            #expect(progress.value.faults.isEmpty, "\(progress.value.faults.prefix(3))")
            try #require(progress.value.accepted.count == 2_500)
            try await installation.expectArrivals(progress.value.accepted, to: users)
        }
    }

    /// The same with several of each, which share the work and take over from each other.
    @Suite(.installation(Installation.Options(replicas: [.router: 2, .poller: 2, .delivery: 2])))
    struct ReplicaTests {
        @Test(
            "one of two routers, pollers and deliveries is killed, and does not come back: nothing is lost or doubled")
        func theOthersTakeOver() async throws {
            let installation = try await Installation.healthy
            let users = installation.users(50, "replica")
            let load = Load(users: users, due: 3...7)
            let progress = Shared(Load.Progress())
            try await together(
                { [load] in try await load.send(by: installation.service, progress) },
                {
                    try await require("some are accepted", within: .seconds(60)) {
                        progress.value.accepted.count >= 800
                    }
                    for daemon in [Daemon.router, .poller, .delivery] { try await installation[daemon].kill() }
                })
            #expect(progress.value.faults.isEmpty, "\(progress.value.faults.prefix(3))")
            try #require(progress.value.accepted.count == 2_500)
            try await installation.expectArrivals(progress.value.accepted, to: users)
            try await installation.startAll()
        }
    }
}
