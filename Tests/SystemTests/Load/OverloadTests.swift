import Foundation
import Kafka
import Notifications
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd.Loaded {
    /// P1 and P4 where more is asked for than can be taken.
    @Suite(.disabled(if: Brokers.areExternal, "only embedded brokers can be slowed and taken away"))
    struct OverloadTests {
        /// Brokers that answer after this long make the capacity known, whatever the machine: eight sends at once, each
        /// for one round trip, are 40 a second.
        private static let roundTrip: Duration = .milliseconds(200)
        private static let clients = 64

        @Test("offered more than it takes, it refuses the rest at once, and answers in time what it accepts")
        func moreThanItTakes() async throws {
            let installation = try await Installation.healthy
            let users = installation.users(Self.clients, "over")
            let embedded = try #require(installation.brokers.embedded)
            try embedded.setRoundTripTime(Self.roundTrip)
            let answers = try await Self.offer(to: users, for: .seconds(4), in: installation)
            try embedded.setRoundTripTime(.zero)
            let accepted = answers.filter { $0.answer.status == 202 }
            let refused = answers.filter { $0.isOverloaded(within: 1...3) }
            print("overload: accepted \(accepted.figures); refused \(refused.figures)")
            #expect(accepted.count + refused.count == answers.count, "\(answers.figures)")
            #expect(accepted.count >= 40 && refused.count >= 100, "\(answers.figures)")
            #expect(Set(refused.compactMap { $0.answer.header("Retry-After") }).count == 3, "spread")
            // What is let in waits for one round trip, or for two where the producer's requests in flight are used up;
            // the rest is room for a slow machine.
            #expect(accepted.percentile(99) < Self.roundTrip * 20, "\(accepted.figures)")
            #expect(refused.percentile(50) < Self.roundTrip * 3, "a refusal waits for nothing: \(refused.figures)")

            // Back by itself, at once.
            let after = try await installation.service.send(Outgoing(to: users[0], "after"))
            let all = try accepted.map { try $0.answer.decode(Record.self) } + [after]
            try await Self.expectDelivered(all, to: users, in: installation)
            #expect(
                try await installation[.api].metric(#"notifi_api_shed_total{kind="send",reason="requests"}"#)
                    >= Double(refused.count))
            #expect(try await installation[.api].metric(#"notifi_api_under_way{kind="send"}"#) == 0)
        }

        enum BrokerTrouble: Sendable, CaseIterable { case slow, away }

        @Test(
            "brokers slow or away: answers in time, no more wait than may, memory stays, and it comes back",
            arguments: BrokerTrouble.allCases)
        func brokers(_ trouble: BrokerTrouble) async throws {
            let installation = try await Installation.healthy
            let users = installation.users(Self.clients, "slow")
            let embedded = try #require(installation.brokers.embedded)
            let api = installation[.api]
            // What the first of many connections and requests take stays taken.
            _ = try await Self.offer(to: users, for: .seconds(1), in: installation)
            let before = try api.residentKiB()
            if trouble == .slow {
                try embedded.setRoundTripTime(.seconds(2))
            } else {
                try embedded.setAllBrokers(up: false)
            }
            let most = Shared(0.0)
            let answers = try await withBackground({
                while true {
                    let underWay = try await api.metric(#"notifi_api_under_way{kind="send"}"#)
                    most.change { $0 = max($0, underWay) }
                    try await Task.sleep(for: .milliseconds(100))
                }
            }) {
                try await Self.offer(to: users, for: .seconds(5), in: installation)
            }
            let growth = try api.residentKiB() - before
            if trouble == .slow { try embedded.setRoundTripTime(.zero) } else { try embedded.setAllBrokers(up: true) }
            let refused = answers.filter { $0.isOverloaded(within: 1...3) }
            let others = answers.filter { !$0.isOverloaded(within: 1...3) }
            print("brokers \(trouble): refused \(refused.figures); let in \(others.figures); grown by \(growth) KiB")
            #expect(answers.allSatisfy { $0.answer.status == 503 || (trouble == .slow && $0.answer.status == 202) })
            #expect(answers.allSatisfy { $0.answer.status == 202 || $0.answer.header("Retry-After") != nil })
            #expect(refused.count >= 100, "\(answers.figures)")
            // The message timeout of 3 s, at which librdkafka looks once a second, and half of it for room in the queue.
            #expect(others.percentile(100) < .seconds(8), "\(others.figures)")
            #expect(most.value >= 1 && most.value <= Double(LoadedInstallation.sends))
            #expect(growth < 32 * 1_024, "by \(growth) KiB")

            try await require("it accepts again", within: .seconds(20)) {
                try await installation.service.post(Outgoing(to: users[0], "after")).status == 202
            }
            let accepted = try others.filter { $0.answer.status == 202 }.map { try $0.answer.decode(Record.self) }
            // What was answered with 503 may be there too.
            try await installation.untilRouted()
            for record in accepted { _ = try await installation.service.record(of: record.id, in: "delivered") }
        }

        /// Everybody posts as fast as answers come, and after a refusal a little later.
        private static func offer(
            to users: [String], for time: Duration, in installation: Installation
        ) async throws -> [TimedAnswer] {
            let end = ContinuousClock.now + time
            return try await concurrently(users, atOnce: users.count) { user in
                var answers: [TimedAnswer] = []
                while ContinuousClock.now < end {
                    let answer = try await TimedAnswer.of {
                        try await installation.service.post(Outgoing(to: user, "\(answers.count) for \(user)"))
                    }
                    answers.append(answer)
                    if answer.answer.status != 202 { try await Task.sleep(for: .milliseconds(100)) }
                }
                return answers
            }.flatMap(\.self)
        }

        private static func expectDelivered(
            _ records: [Record], to users: [String], in installation: Installation
        ) async throws {
            let rows = try await installation.decisions(of: users, count: records.count)
            #expect(Set(rows.map(\.id)) == Set(records.map(\.id)))
            #expect(rows.allSatisfy { $0.state == "delivered" })
        }
    }
}
