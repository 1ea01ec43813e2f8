import Foundation
import Kafka
import Notifications
import Testing
import Wire

@testable import Harness
@testable import Notifi

extension EndToEnd.Undisturbed {
    /// What nobody can process ends as a dead letter, and holds nothing up.
    @Suite
    struct DeadLetterTests {
        /// Where the bad records go in.
        enum Entry: String, Sendable, CaseIterable {
            case requests, deliveries

            func topic(of installation: Installation) -> String {
                self == .requests ? installation.topics.requests : installation.topics.deliveries
            }
        }

        @Test(
            "garbage among good ones: these arrive, and the garbage is a dead letter with its origin",
            arguments: Entry.allCases)
        func garbage(_ entry: Entry) async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "garbage")[0]
            let good = try (0..<6).map { try Self.notification("good \($0)", to: user, in: installation) }
            let topic = entry.topic(of: installation)
            let garbage = (0..<3).map { number in
                // Of the same key, so that they share a partition with the good ones.
                KafkaRecord(topic: topic, key: Array(user.utf8), value: [0xFF, UInt8(number), 0x07, 0x00, 0xFE])
            }
            var records: [KafkaRecord] = []
            for (number, one) in good.enumerated() {
                records.append(try one.record(on: topic))
                if number.isMultiple(of: 2) { records.append(garbage[number / 2]) }
            }
            let receipts = try await installation.brokers.produce(records)
            try await Self.expectArrived(good, user, in: installation)

            let origins = zip(records, receipts).filter { garbage.contains($0.0) }.map(\.1)
            try await Self.expectDeadLetters(at: origins, reason: "notifi.v1.Notification", in: installation)
        }

        @Test(
            "a dead letter that brokers refuse for its size is in the table all the same",
            .disabled(if: Brokers.areExternal, "only embedded brokers refuse what they are told to"))
        func tooLarge() async throws {
            let installation = try await Installation.healthy
            let broker = try #require(installation.brokers.embedded)
            let user = installation.users(1, "large")[0]
            let lost = try (0..<2).map { try Self.notification("lost \($0)", to: user, in: installation) }
            try await installation[.router].kill()
            let receipts = try await installation.brokers.produce(
                try lost.map { notification in
                    var record = try notification.record(on: installation.topics.requests)
                    record.value = [0x0A, 0xFF]
                    return record
                })
            // More than there are records, heartbeats and attempts until then.
            broker.pushErrors(.produce, rawCodes: Array(repeating: 10, count: 5_000))
            defer { broker.clearErrors(.produce) }
            try await installation.restart(installation[.router])
            for origin in receipts {
                try await require("\(origin) is in the table", within: .seconds(30)) {
                    try await installation.database.countDeadLetters(from: origin) == 1
                }
            }
            broker.clearErrors(.produce)
            for notification in lost {
                let record = try await installation.service.record(of: notification.id.description, in: "dead-lettered")
                #expect(record.step("dead-lettered")?.detail?.contains(installation.topics.requests) == true)
            }
        }

        @Test("garbage that names its id and service in headers has a trail")
        func garbageWithHeaders() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "named")[0]
            let lost = try Self.notification("lost", to: user, in: installation)
            var record = try lost.record(on: installation.topics.requests)
            record.value = [0x0A, 0xFF]
            try await installation.brokers.produce([record])
            let found = try await installation.service.record(of: lost.id.description, in: "dead-lettered")
            #expect(found.events.last == "dead-lettered")
            #expect(found.step("dead-lettered")?.detail?.contains(installation.topics.requests) == true)
            #expect(try await installation.otherService.get(lost.id.description).status == 404)
        }

        @Test("a row that Postgres will never take, among good ones: these arrive, its trail says dead-lettered")
        func poison() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "poison")[0]
            let good = try (0..<40).map { try Self.notification("good \($0)", to: user, in: installation) }
            let poison = try Self.notification("a\u{0}b", to: user, in: installation)
            let all = good[..<17] + [poison] + good[17...]
            let receipts = try await installation.brokers.produce(
                try all.map { try $0.record(on: installation.topics.deliveries) })
            try await Self.expectArrived(good, user, in: installation)
            try await Self.expectDeadLetters(at: [receipts[17]], reason: "22021", in: installation)
            let record = try await installation.service.record(of: poison.id.description, in: "dead-lettered")
            #expect(record.events == ["accepted", "dead-lettered"])
            #expect(record.message == poison.content.message)
        }

        @Test("poison at the router: scheduled, and under an idempotency key")
        func poisonForTheRouter() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "routed")[0]
            var scheduled = try Self.notification("scheduled", to: "\(user)\u{0}", in: installation)
            scheduled.isScheduled = true
            scheduled.dueAt = .inSeconds(1)
            var keyed = try Self.notification("keyed", to: "\(user)\u{0}", in: installation)
            keyed.request = UUID()
            var records: [KafkaRecord] = []
            var good: [Notifications.Notification] = []
            for (number, bad) in [scheduled, keyed].enumerated() {
                var later = try Self.notification("scheduled \(number)", to: user, in: installation)
                later.isScheduled = true
                later.dueAt = .inSeconds(2)
                var withKey = try Self.notification("keyed \(number)", to: user, in: installation)
                withKey.request = UUID()
                good += [later, withKey]
                var record = try bad.record(on: installation.topics.requests)
                // Between its neighbours, in their partition.
                record.key = Array(user.utf8)
                records += [
                    try later.record(on: record.topic), record, try withKey.record(on: record.topic),
                ]
            }
            try await installation.brokers.produce(records)
            try await Self.expectArrived(good, user, in: installation)
            for bad in [scheduled, keyed] {
                _ = try await installation.service.record(of: bad.id.description, in: "dead-lettered")
            }
        }

        // MARK: -

        private static func notification(
            _ message: String, to user: String, in installation: Installation
        ) throws -> Notifications.Notification {
            let now = Instant.current.flooredToMilliseconds
            var random = SystemRandomNumberGenerator()
            return Notifications.Notification(
                id: .fresh(at: now, using: &random), service: installation.service.id, userID: user,
                content: .init(eventType: "new_message", message: message), acceptedAt: now, dueAt: now,
                isScheduled: false)
        }

        private static func expectArrived(
            _ good: [Notifications.Notification], _ user: String, in installation: Installation
        ) async throws {
            try await require("the good ones arrive", within: .seconds(30)) {
                try await installation.database.countInInbox(of: [user]) >= good.count
            }
            try await installation.settle([user])
            let shown = try await installation.person(user).inbox()
            #expect(Set(shown.map(\.id)) == Set(good.map(\.id.description)))
            #expect(shown.count == good.count)
        }

        /// In the topic, with its origin in headers, and in the table.
        private static func expectDeadLetters(
            at origins: [KafkaReceipt], reason: String, in installation: Installation
        ) async throws {
            let letters = try await installation.brokers.find(
                on: installation.topics.deadLetters, count: origins.count
            ) { message in
                origins.contains { origin in
                    message.header("notifi-origin-topic") == Array(origin.topic.utf8)
                        && message.header("notifi-origin-partition") == Array(String(origin.partition).utf8)
                        && message.header("notifi-origin-offset") == Array(String(origin.offset).utf8)
                }
            }
            for letter in letters {
                #expect(DeadLetter(letter).reason.contains(reason), "\(DeadLetter(letter).reason)")
                #expect(DeadLetter(letter).attempts >= 1)
                #expect(DeadLetter(letter).timestampMilliseconds > 0)
            }
            for origin in origins {
                try await require("\(origin) is in the table", within: .seconds(20)) {
                    try await installation.database.countDeadLetters(from: origin) == 1
                }
            }
        }
    }
}
