import Foundation
import Notifications
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd {
    /// P1 and P4: what it stands on goes away, and comes back.
    @Suite(.installation)
    struct OutageTests {
        @Test(
            "Postgres stopped while POSTs go on: every POST is accepted meanwhile, and everything arrives afterwards",
            arguments: [LocalPostgres.StopMode.fast, .immediate])
        func postgresAway(_ mode: LocalPostgres.StopMode) async throws {
            let installation = try await Installation.healthy
            let server = installation.database.server
            let users = installation.users(20, "outage")
            let outage: Duration = mode == .fast ? .seconds(10) : .seconds(4)
            // Some are due before it is back, some after that.
            var load = Load(users: users, immediatePerUser: 24, scheduledPerUser: 8, due: 2...8)
            load.width = users.count
            load.pause = mode == .fast ? .milliseconds(400) : .milliseconds(150)
            let progress = Shared(Load.Progress())
            let acceptedMeanwhile = Shared(0)
            try await together(
                { [load] in try await load.send(by: installation.service, progress) },
                {
                    try await require("some are accepted", within: .seconds(30)) { progress.value.accepted.count >= 40 }
                    try await server.stop(mode)
                    let before = progress.value.accepted.count
                    try await Task.sleep(for: outage)
                    acceptedMeanwhile.change { $0 = progress.value.accepted.count - before }
                    try await Self.expectReadiness(
                        of: installation, without: "postgres", missing: [.router, .poller, .delivery])
                    try await server.start()
                })
            #expect(progress.value.faults.isEmpty, "\(progress.value.faults.prefix(3))")
            try #require(progress.value.accepted.count == load.count)
            #expect(acceptedMeanwhile.value > 100, "accepted while Postgres was away")
            try await installation.expectArrivals(progress.value.accepted, to: users)
            for daemon in installation.daemons { try await daemon.waitUntilReady() }
        }

        @Test(
            "Kafka away: POST answers 503 with Retry-After within 5 s, never 202, and works again when it is back",
            .disabled(if: Brokers.areExternal, "only embedded brokers can be taken away"))
        func kafkaAway() async throws {
            let installation = try await Installation.healthy
            let users = installation.users(10, "kafka")
            let before = try await installation.service.send(Outgoing(to: users[0], "before"))
            _ = try await installation.service.record(of: before.id, in: "delivered")

            try installation.brokers.set(up: false)
            let refused = try await concurrently(Array(0..<20), atOnce: 20) { number in
                let began = ContinuousClock.now
                let answer = try await installation.service.post(Outgoing(to: users[number % 10], "refused \(number)"))
                return (answer, ContinuousClock.now - began)
            }
            for (answer, took) in refused {
                #expect(answer.status == 503, "\(answer.text)")
                #expect(Int(answer.header("Retry-After") ?? "") ?? 0 >= 1)
                #expect(try answer.decode(ProblemBody.self).code == "unavailable")
                #expect(took < .seconds(5))
            }
            let batch = try await installation.service.postBatch([Outgoing(to: users[0], "refused in a batch")])
            #expect(batch.status == 503 && batch.header("Retry-After") != nil, "\(batch.text)")
            // What is there can be read all the same.
            #expect(try await installation.person(users[0]).inbox().map(\.id) == [before.id])
            try await Self.expectReadiness(of: installation, without: "kafka", missing: [.router, .poller, .delivery])

            try installation.brokers.set(up: true)
            var load = Load(users: users, immediatePerUser: 5, scheduledPerUser: 0)
            load.isInsistent = true
            let progress = Shared(Load.Progress())
            try await load.send(by: installation.service, progress)
            #expect(progress.value.faults.isEmpty, "\(progress.value.faults.prefix(3))")
            let all =
                progress.value.accepted + [
                    Load.Accepted(id: before.id, userID: users[0], message: "before", schedule: nil, place: -1)
                ]
            try await installation.expectArrivals(all, to: users)
            for daemon in installation.daemons { try await daemon.waitUntilReady() }
        }

        @Test(
            "one broker of three goes away for a while, under load: none lost, none doubled",
            .disabled(if: Brokers.areExternal, "only embedded brokers can be taken away"), arguments: [Int32(1), 2, 3])
        func oneBrokerAway(_ broker: Int32) async throws {
            let installation = try await Installation.healthy
            let users = installation.users(30, "broker")
            // Later than the longest that one of them may have to be posted again.
            var load = Load(users: users, immediatePerUser: 10, scheduledPerUser: 5, due: 9...11)
            load.isInsistent = true
            load.width = users.count
            let progress = Shared(Load.Progress())
            try await together(
                { [load] in try await load.send(by: installation.service, progress) },
                {
                    try await require("some are accepted", within: .seconds(30)) { progress.value.accepted.count >= 60 }
                    try installation.brokers.set(broker: broker, up: false)
                    try await Task.sleep(for: .seconds(5))
                    try installation.brokers.set(broker: broker, up: true)
                })
            #expect(progress.value.faults.isEmpty, "\(progress.value.faults.prefix(3))")
            try #require(progress.value.accepted.count == load.count)
            // A record that timed out is sent again, behind those after it.
            try await installation.expectArrivals(progress.value.accepted, to: users, inOrder: false)
        }

        /// These are not ready and say why; the API is.
        private static func expectReadiness(
            of installation: Installation, without dependency: String, missing: [Daemon]
        ) async throws {
            for daemon in missing {
                let last = Shared("")
                try await require("\(daemon) is not ready: \(last.value)", within: .seconds(15)) {
                    let (isReady, text) = try await installation[daemon].readiness()
                    last.change { $0 = text }
                    return !isReady
                }
                #expect(last.value.contains("\(dependency) (required): failing since"), "\(last.value)")
            }
            let (isReady, text) = try await installation[.api].readiness()
            #expect(isReady, "\(text)")
            #expect(text.contains("\(dependency) (one of kafka and postgres is enough): failing since"), "\(text)")
        }
    }
}
