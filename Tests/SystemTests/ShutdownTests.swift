import Notifications
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd {
    /// SIGTERM drains within ten seconds; and starting waits for what is not there yet.
    @Suite(.installation)
    struct ShutdownTests {
        @Test("SIGTERM under load ends each daemon with 0 within 10 s, and nothing is lost")
        func underLoad() async throws {
            let installation = try await Installation.healthy
            let users = installation.users(50, "term")
            var load = Load(users: users, due: 5...9)
            load.isInsistent = true
            load.width = users.count
            load.pause = .milliseconds(100)
            let progress = Shared(Load.Progress())
            try await together(
                { [load] in try await load.send(by: installation.service, progress) },
                {
                    for (number, daemon) in Daemon.allCases.enumerated() {
                        try await require("more are accepted", within: .seconds(60)) {
                            progress.value.accepted.count >= 200 + 500 * number
                        }
                        try await installation[daemon].stop()
                        try await installation.restart(installation[daemon])
                    }
                })
            #expect(progress.value.faults.isEmpty, "\(progress.value.faults.prefix(3))")
            try #require(progress.value.accepted.count == load.count)
            try await installation.expectArrivals(progress.value.accepted, to: users)
        }

        @Test("SIGTERM while Postgres is away ends each with 0 within 10 s; what waited arrives later")
        func withoutPostgres() async throws {
            let installation = try await Installation.healthy
            let server = installation.database.server
            let users = installation.users(10, "term-pg")
            let load = Load(users: users, immediatePerUser: 10, scheduledPerUser: 5, due: 3...5)
            let progress = Shared(Load.Progress())
            try await server.stop()
            try await load.send(by: installation.service, progress)
            #expect(progress.value.faults.isEmpty, "\(progress.value.faults.prefix(3))")
            // They are busy with what they cannot store.
            try await require("the router waits for Postgres", within: .seconds(20)) {
                try await !installation[.router].readiness().isReady
            }
            try await withThrowingTaskGroup { group in
                for daemon in installation.daemons { group.addTask { try await daemon.stop() } }
                for try await _ in group {}
            }
            try await server.start()
            try await installation.startAll()
            try await installation.expectArrivals(progress.value.accepted, to: users)
        }

        @Test(
            "SIGTERM while Kafka is away ends each with 0 within 10 s",
            .disabled(if: Brokers.areExternal, "only embedded brokers can be taken away"))
        func withoutKafka() async throws {
            let installation = try await Installation.healthy
            try installation.brokers.set(up: false)
            try await require("the router notices", within: .seconds(20)) {
                try await !installation[.router].readiness().isReady
            }
            try await withThrowingTaskGroup { group in
                for daemon in installation.daemons { group.addTask { try await daemon.stop() } }
                for try await _ in group {}
            }
            try installation.brokers.set(up: true)
            try await installation.startAll()
        }

        @Test("started while Postgres is away they keep running, say why they are not ready, and get ready")
        func startWithoutPostgres() async throws {
            let installation = try await Installation.healthy
            let server = installation.database.server
            for daemon in installation.daemons { try await daemon.stop() }
            try await server.stop()
            for daemon in installation.daemons { try await daemon.start() }
            for daemon in installation.daemons {
                let (isReady, text) = try await daemon.readiness()
                #expect(!isReady, "\(daemon.name): \(text)")
                #expect(text.contains("postgres"), "\(daemon.name): \(text)")
                #expect(text.contains("failing since"), "\(daemon.name): \(text)")
            }
            #expect(try await installation[.api].readiness().text.contains("tokens (required): failing since"))
            // Nobody's token is known yet: neither a 202 nor a 401 would be right.
            let answer = try await installation.service.post(Outgoing(to: "nobody", "too soon"))
            #expect(answer.status == 503 && answer.header("Retry-After") != nil, "\(answer.status) \(answer.text)")
            try await server.start()
            try await Self.expectWorking(installation)
        }

        @Test(
            "started while Kafka is away they keep running, say why they are not ready, and get ready",
            .disabled(if: Brokers.areExternal, "only embedded brokers can be taken away"))
        func startWithoutKafka() async throws {
            let installation = try await Installation.healthy
            for daemon in installation.daemons { try await daemon.stop() }
            try installation.brokers.set(up: false)
            for daemon in installation.daemons { try await daemon.start() }
            for daemon in installation.daemons where daemon.daemon != .api {
                let (isReady, text) = try await daemon.readiness()
                #expect(!isReady && text.contains("kafka (required): failing since"), "\(daemon.name): \(text)")
            }
            // It can show inboxes all the same.
            try await installation[.api].waitUntilReady()
            let text = try await installation[.api].readiness().text
            #expect(text.contains("kafka (one of kafka and postgres is enough): failing since"), "\(text)")
            try installation.brokers.set(up: true)
            try await Self.expectWorking(installation)
        }

        private static func expectWorking(_ installation: Installation) async throws {
            for daemon in installation.daemons {
                #expect(daemon.isRunning)
                try await daemon.waitUntilReady()
            }
            let users = installation.users(4, "after-start")
            var load = Load(users: users, immediatePerUser: 3, scheduledPerUser: 2, due: 5...6)
            load.isInsistent = true
            let progress = Shared(Load.Progress())
            try await load.send(by: installation.service, progress)
            #expect(progress.value.faults.isEmpty, "\(progress.value.faults.prefix(3))")
            try await installation.expectArrivals(progress.value.accepted, to: users)
        }
    }
}
