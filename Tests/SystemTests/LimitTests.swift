import Foundation
import Kafka
import Notifications
import Store
import Testing
import Wire

@testable import Harness
@testable import Notifi

extension EndToEnd {
    /// The limit of a user, whichever replicas what is sent goes through: 100 in a calendar minute of their due time.
    @Suite(
        .installation(
            Installation.Options(
                replicas: [.api: 3, .router: 2, .delivery: 2], environment: ["NOTIFI_INBOX_USER_LIMIT": "100"])))
    struct LimitTests {
        private static let limit = 100

        @Test(
            "a thousand scheduled for one second, singles and batches at once: exactly 100 arrive, the rest is told why"
        )
        func flood() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "flood")[0]
            let sent = Shared<[Answered]>([])
            try await Self.withServices(installation) { services in
                try await Self.sleepUntilEarlyInMinute()
                try await Self.flood(user, by: services, sent)
            }
            let accepted = sent.value.filter { $0.status == 202 }.compactMap(\.id)
            #expect(sent.value.count == 1_360 && Set(accepted).count == accepted.count)
            #expect(sent.value.allSatisfy { $0.status == 202 || $0.status == 429 })
            #expect(sent.value.contains { $0.status == 429 }, "each replica sees more than it lets through")

            let decisions = try await installation.decisions(of: [user], count: accepted.count)
            #expect(Set(decisions.map(\.id)) == Set(accepted))
            Self.expectLimited(decisions)
            let suppressed = decisions.filter { $0.state == "suppressed" }
            #expect(suppressed.count >= 900)
            for decision in suppressed.prefix(3) {
                let record = try await installation.service.record(of: decision.id, in: "suppressed:rate-limit")
                #expect(record.step("suppressed")?.detail == "rate-limit", "\(record.events)")
            }
            let listed = try await installation.service.list("status=suppressed:rate-limit&user_id=\(user)")
            #expect(Set(listed) == Set(suppressed.map(\.id)))
            let shown = try await installation.person(user).inbox().map(\.id)
            #expect(Set(shown) == Set(decisions.filter { $0.state == "delivered" }.map(\.id)))
        }

        @Test("a backlog of several minutes is not punished: each minute counts by itself, when it was due")
        func backlog() async throws {
            let installation = try await Installation.healthy
            let users = installation.users(2, "backlog")
            for daemon in installation.daemons(.delivery) { try await daemon.stop() }
            let minute = Instant.current.microseconds / 60_000_000
            var all: [Notifications.Notification] = []
            for back in 1...4 as ClosedRange<Int64> {
                for (user, count) in zip(users, [150, 90] as [Int64]) {
                    all += (0..<count).map { number in
                        let due = Instant(microseconds: (minute - back) * 60_000_000 + number * 300_000)
                        return Self.notification("\(back)/\(number)", to: user, due: due, in: installation)
                    }
                }
            }
            // Those for one user are in one partition, in an order that has nothing to do with their times.
            try await installation.brokers.produce(
                try all.shuffled().map { try $0.record(on: installation.topics.deliveries) })
            for daemon in installation.daemons(.delivery) { try await installation.restart(daemon) }
            let decisions = try await installation.decisions(of: users, count: all.count)
            Self.expectLimited(decisions)
            for (user, counts) in [users[0]: (400, 200), users[1]: (360, 0)] {
                let own = decisions.filter { $0.userID == user }
                #expect(own.count { $0.state == "delivered" } == counts.0)
                #expect(own.count { $0.state == "suppressed" } == counts.1)
            }
        }

        @Test("critical types pass, a priority does not; and what one user gets takes nothing from another")
        func whatPasses() async throws {
            let installation = try await Installation.healthy
            let users = installation.users(2, "passes")
            try await Self.withServices(installation) { services in
                try await Self.registerAlarm(installation, services)
                try await Self.sleepUntilEarlyInMinute()
                let soon = Instant(microseconds: (Instant.inSeconds(4).microseconds / 1_000_000) * 1_000_000)
                for message in 0..<3 {
                    let batch = (0..<100).map { Outgoing(to: users[0], "\(message)/\($0)", at: soon) }
                    #expect(try await services[message].sendBatch(batch).allSatisfy { $0.status == 202 })
                }
                var alarms = (0..<150).map { Outgoing(to: users[0], "alarm \($0)") }
                for place in alarms.indices { alarms[place].eventType = "alarm" }
                #expect(try await services[0].sendBatch(alarms).allSatisfy { $0.status == 202 })
                let others = (0..<100).map { Outgoing(to: users[1], "other \($0)") }
                #expect(try await services[0].sendBatch(others).allSatisfy { $0.status == 202 })
                // The same replica has let through all that it may.
                var urgent = Outgoing(to: users[1], "urgent")
                urgent.priority = "critical"
                try Self.expectLimit(try await services[0].post(urgent))
                let mixed = [urgent, Outgoing(to: users[1], "later", at: .inSeconds(3_600))]
                #expect(try await services[0].sendBatch(mixed).map(\.status) == [429, 202])
            }

            let decisions = try await installation.decisions(of: users, count: 300 + 150 + 100)
            Self.expectLimited(decisions)
            let own = decisions.filter { $0.userID == users[0] }
            #expect(own.count { $0.eventType == "alarm" && $0.state == "delivered" } == 150)
            #expect(own.count { $0.eventType != "alarm" && $0.state == "delivered" } == 100)
            #expect(decisions.count { $0.userID == users[1] && $0.state == "delivered" } == 100)
        }

        // MARK: -

        private struct Answered: Sendable {
            let status: Int
            let id: String?
        }

        /// 1,000 for one second, and 120 at once to each replica, which are more than it lets through.
        private static func flood(
            _ user: String, by services: [SendingService], _ answered: Shared<[Answered]>
        ) async throws {
            let second = Instant(microseconds: (Instant.inSeconds(6).microseconds / 1_000_000) * 1_000_000)
            try await withThrowingTaskGroup { group in
                for number in 0..<10 {
                    group.addTask {
                        let batch = (0..<100).map { Outgoing(to: user, "scheduled \(number)/\($0)", at: second) }
                        let results = try await services[number % services.count].sendBatch(batch)
                        #expect(results.allSatisfy { $0.status == 202 }, "what is scheduled is not refused early")
                        answered.change { $0 += results.map { Answered(status: $0.status, id: $0.notification?.id) } }
                    }
                }
                for service in services {
                    group.addTask {
                        let results = try await service.sendBatch((0..<80).map { Outgoing(to: user, "batch \($0)") })
                        #expect(results.allSatisfy { $0.status == 202 || $0.problem?.code == "user_limit" })
                        answered.change { $0 += results.map { Answered(status: $0.status, id: $0.notification?.id) } }
                    }
                    for number in 0..<40 {
                        group.addTask {
                            let answer = try await service.post(Outgoing(to: user, "single \(number)"))
                            if answer.status == 429 { try Self.expectLimit(answer) }
                            let id = answer.status == 202 ? try answer.decode(Record.self).id : nil
                            answered.change { $0.append(Answered(status: answer.status, id: id)) }
                        }
                    }
                }
                for try await _ in group {}
            }
        }

        /// One client for each replica of the API.
        private static func withServices(
            _ installation: Installation, _ body: ([SendingService]) async throws -> Void
        ) async throws {
            let services = try installation.daemons(.api).map { api in
                SendingService(
                    http: HTTPClient(port: try #require(try api.ports.http)), token: installation.service.token,
                    id: installation.service.id)
            }
            try await body(services)
            for service in services { await service.http.close() }
        }

        /// A critical type, which every replica knows when this returns.
        private static func registerAlarm(_ installation: Installation, _ services: [SendingService]) async throws {
            try await PutEventType.run(
                EventType(name: "alarm", label: "Alarm", isCritical: true), on: installation.database.pool)
            for (service, user) in zip(services, installation.users(services.count, "probe")) {
                var probe = Outgoing(to: user, "is it known?")
                probe.eventType = "alarm"
                try await require("the alarm is known", within: .seconds(20)) {
                    try await service.post(probe).status == 202
                }
            }
        }

        /// So that what is sent at once belongs to one minute.
        private static func sleepUntilEarlyInMinute() async throws {
            let intoMinute = Instant.current.microseconds % 60_000_000
            if intoMinute > 30_000_000 {
                try await sleep(until: Instant(microseconds: Instant.current.microseconds - intoMinute + 60_000_000))
            }
        }

        private static func expectLimit(_ answer: HTTPAnswer) throws {
            #expect(answer.status == 429, "\(answer.text)")
            #expect(try answer.decode(ProblemBody.self).code == "user_limit")
            let wait = Int(answer.header("Retry-After") ?? "") ?? 0
            #expect((1...60).contains(wait))
            #expect(answer.header("RateLimit-Policy") == #""user";q=100;w=60"#)
            #expect(answer.header("RateLimit") == "\"user\";r=0;t=\(wait)")
        }

        /// In each minute of each user so many as there may be, and no fewer where there was more.
        private static func expectLimited(_ decisions: [Database.Decision]) {
            let counted = decisions.filter { $0.eventType != "alarm" }
            for (place, own) in Dictionary(grouping: counted, by: { "\($0.userID) \($0.due / 60_000_000)" }) {
                #expect(own.count { $0.state == "delivered" } == min(Self.limit, own.count), "\(place)")
                #expect(own.allSatisfy { $0.state == "delivered" || $0.reason == "rate-limit" }, "\(place)")
            }
        }

        private static func notification(
            _ message: String, to user: String, due: Instant, in installation: Installation
        ) -> Notifications.Notification {
            var random = SystemRandomNumberGenerator()
            let accepted = due.flooredToMilliseconds
            return Notifications.Notification(
                id: .fresh(at: accepted, using: &random), service: installation.service.id, userID: user,
                content: .init(eventType: "new_message", message: message), acceptedAt: accepted, dueAt: accepted,
                isScheduled: false)
        }
    }
}
