import Foundation
import Kafka
import Notifications
import Operations
import Testing
import Wire

@testable import Harness
@testable import Notifi

extension EndToEnd {
    /// P1 and P2: the brokers have a record, and say so only after the producer has given up on it.
    @Suite(.installation, .disabled(if: Brokers.areExternal, "only embedded brokers can be made slow"))
    struct LateReportTests {
        /// Beyond the producers' 3 s, but within the daemons' other bounds.
        private static let late: Duration = .milliseconds(4_500)

        @Test("a POST whose report comes too late is a 503, never a 202; what is asked for again is there once")
        func post() async throws {
            let installation = try await Installation.healthy
            let users = installation.users(6, "late")
            let broker = try #require(installation.brokers.embedded)
            try broker.setRoundTripTime(Self.late)
            let answers = try await concurrently(users, atOnce: users.count) { user in
                let began = ContinuousClock.now
                let keyed = try await installation.service.post(Outgoing(to: user, "keyed"), key: "late")
                let unkeyed = try await installation.service.post(Outgoing(to: user, "unkeyed"))
                return (answers: [keyed, unkeyed], took: ContinuousClock.now - began)
            }
            try broker.setRoundTripTime(.zero)
            for (both, took) in answers {
                for answer in both {
                    #expect(answer.status == 503 && answer.header("Retry-After") != nil, "\(answer.text)")
                }
                #expect(took < .seconds(12), "each within its bound")
            }
            for user in users {
                let again = try await Self.untilAccepted(Outgoing(to: user, "keyed"), key: "late", installation)
                _ = try await installation.service.record(of: again.id, in: "delivered", within: .seconds(40))
            }
            // Behind all that was stored late.
            let last = try await installation.service.send(Outgoing(to: users[0], "last"))
            _ = try await installation.service.record(of: last.id, in: "delivered", within: .seconds(40))
            try await installation.settle(users)
            for user in users {
                let messages = try await installation.person(user).inbox().map(\.message)
                #expect(messages.count { $0 == "keyed" } == 1, "\(messages)")
                #expect(messages.count { $0 == "unkeyed" } <= 1, "\(messages)")
            }
            // More than what was answered with 202.
            let keys = users.map { Array($0.utf8) }
            let stored = try await installation.brokers.find(on: installation.topics.requests, count: users.count + 2) {
                keys.contains($0.key ?? [])
            }
            #expect(stored.count > users.count + 1, "the brokers had stored what was answered with 503")
        }

        @Test(
            "router, poller and delivery publish again what was reported too late: it is there twice, and in the inbox once",
            arguments: [
                (FailPoint.routerKeysClaimed, "publishing deliveries"), (.pollerClaimed, "claiming what is due"),
                (.deliveryCommitted, "publishing changes"),
            ])
        func publish(_ point: FailPoint, _ what: String) async throws {
            let installation = try await Installation.healthy
            let broker = try #require(installation.brokers.embedded)
            let users = installation.users(4, "late-\(point.daemon)")
            let process = installation[try point.process]
            try await process.stop()
            // It stands still when it has something to publish for the second time; only then are the brokers slow.
            process.arm(point, .stop, at: 2)
            try await installation.restart(process)
            let first = Outgoing(to: "\(users[0])-first", "first", at: point == .pollerClaimed ? .inSeconds(0.3) : nil)
            let warm = try await installation.service.send(first, key: "first")
            _ = try await installation.service.record(of: warm.id, in: "delivered", within: .seconds(40))

            let schedule = point == .pollerClaimed ? Instant.inSeconds(0.5) : nil
            let results = try await installation.service.sendBatch(
                users.map { Outgoing(to: $0, "once", at: schedule, key: "once") })
            let ids = try results.map { try #require($0.notification).id }
            try await process.waitUntilStopped()
            process.disarm()
            let logged = process.log.count(of: "\(what) failed and is tried again")
            try broker.setRoundTripTime(Self.late)
            process.signal(SIGCONT)
            try await require("it gives up on what was sent\n\(process.logTail())", within: .seconds(30)) {
                process.log.count(of: "\(what) failed and is tried again") > logged
            }
            try broker.setRoundTripTime(.zero)
            for id in ids {
                _ = try await installation.service.record(of: id, in: "delivered", within: .seconds(40))
            }
            try await installation.settle(users)
            for (user, id) in zip(users, ids) { #expect(try await installation.person(user).inbox().map(\.id) == [id]) }
            #expect(try await installation.database.countInInbox(of: users) == users.count)
            if point != .deliveryCommitted {
                let keys = users.map { Array($0.utf8) }
                let stored = try await installation.brokers.find(
                    on: installation.topics.deliveries, count: users.count + 1
                ) { keys.contains($0.key ?? []) }
                #expect(stored.count > users.count, "it was late, not lost")
            }
            #expect(process.isRunning)
        }

        private static func untilAccepted(
            _ outgoing: Outgoing, key: String, _ installation: Installation
        ) async throws -> Record {
            let record = Shared<Record?>(nil)
            try await require("accepted", within: .seconds(30)) {
                let answer = try await installation.service.post(outgoing, key: key)
                if answer.status == 202 {
                    let decoded = try answer.decode(Record.self)
                    record.change { $0 = decoded }
                }
                return answer.status == 202
            }
            return try #require(record.value)
        }
    }
}

extension String {
    fileprivate func count(of part: String) -> Int { self.ranges(of: part).count }
}
