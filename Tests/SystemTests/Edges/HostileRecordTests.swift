import Foundation
import Kafka
import Notifications
import TestSupport
import Testing
import Wire

@testable import Harness
@testable import Notifi

extension EndToEnd.Undisturbed {
    /// A message that kills its reader would come again for ever. None does: each is a dead letter, and the next goes on.
    @Suite
    struct HostileRecordTests {
        @Test("hostile bytes among good ones", arguments: [true, false])
        func bytes(atTheRouter isRequest: Bool) async throws {
            let installation = try await Installation.healthy
            let pids = installation.daemons.map(\.pid)
            let topic = isRequest ? installation.topics.requests : installation.topics.deliveries
            let user = installation.users(1, "hostile")[0]
            var good: [Notifications.Notification] = []
            var records: [KafkaRecord] = []
            for (place, hostile) in HostileBytes.unreadable.enumerated() {
                let one = Self.notification("\(place)", to: user, in: installation)
                good.append(one)
                // Of one key, so that all share a partition, and what is behind one waits for it.
                records.append(KafkaRecord(topic: topic, key: Array(user.utf8), value: hostile.bytes))
                records.append(try one.record(on: topic))
            }
            let receipts = try await installation.brokers.produce(records)
            let rows = try await installation.decisions(of: [user], count: good.count)
            #expect(rows.sorted { $0.seq < $1.seq }.map(\.id) == good.map(\.id.description), "in their order")
            for (hostile, place) in zip(HostileBytes.unreadable, stride(from: 0, to: receipts.count, by: 2)) {
                try await require("\(hostile.name) is a dead letter", within: .seconds(30)) {
                    try await installation.database.countDeadLetters(from: receipts[place]) == 1
                }
            }
            #expect(installation.daemons.map(\.pid) == pids && installation.daemons.allSatisfy(\.isRunning))
        }

        @Test("what no API would have let through: it is delivered or a dead letter, and readers are served")
        func content() async throws {
            let installation = try await Installation.healthy
            let pids = installation.daemons.map(\.pid)
            let user = installation.users(1, "content")[0]
            let texts = [
                Self.nested(200_000, end: ""), String(repeating: "{\"a\":", count: 100_000), Self.nested(500, end: "1"),
                "\u{FEFF}{}", "{\"a\":1e999}", "{\"a\":\"\\ud800\"}",
            ]
            var all: [Notifications.Notification] = texts.map { text in
                var one = Self.notification("data", to: user, in: installation)
                one.content.data = text
                return one
            }
            for change: (inout Notifications.Notification) -> Void in [
                { $0.content.message = String(repeating: "m", count: 400_000) },
                { $0.content.eventType = String(repeating: "e", count: 200_000) },
                { $0.content.eventType = "" }, { $0.content.actionURL = "javascript:alert(1)" },
                { $0.revision = .max }, { $0.revision = .min },
                { $0.dueAt = Instant(microseconds: 253_402_300_799_999_999) },
                { $0.dueAt = Instant(microseconds: 1) }, { $0.acceptedAt = Instant(microseconds: 1) },
                { $0.expiresAt = Instant(microseconds: 1) }, { $0.content.title = "a\0b" },
            ] {
                var one = Self.notification("changed", to: user, in: installation)
                change(&one)
                all.append(one)
            }
            let last = Self.notification("last", to: user, in: installation)
            all.append(last)
            let receipts = try await installation.brokers.produce(
                try all.map { try $0.record(on: installation.topics.deliveries) })
            _ = try await installation.service.record(of: last.id.description, in: "delivered", within: .seconds(30))
            let rows = Set(try await installation.database.decisions(of: [user]).map(\.id))
            for (one, origin) in zip(all, receipts) where !rows.contains(one.id.description) {
                try await require("\(one.id) at \(origin) ended somewhere", within: .seconds(30)) {
                    try await installation.database.countDeadLetters(from: origin) == 1
                }
            }
            let person = try await installation.person(user)
            #expect(try await person.unread().status == 200)
            #expect(try await person.ask("GET", "/api/inbox").status == 200)
            for one in all {
                // An acceptance that its id does not tell is not found by the id.
                let status = try await installation.service.get(one.id.description).status
                #expect(status == 200 || status == 404 && one.acceptedAt != one.id.acceptedAt)
            }
            #expect(installation.daemons.map(\.pid) == pids && installation.daemons.allSatisfy(\.isRunning))
        }

        private static func nested(_ depth: Int, end: String) -> String {
            String(repeating: "[", count: depth) + end + String(repeating: "]", count: end.isEmpty ? 0 : depth)
        }

        private static func notification(
            _ message: String, to user: String, in installation: Installation
        ) -> Notifications.Notification {
            let now = Instant.current.flooredToMilliseconds
            var random = SystemRandomNumberGenerator()
            return Notifications.Notification(
                id: .fresh(at: now, using: &random), service: installation.service.id, userID: user,
                content: .init(eventType: "new_message", message: message), acceptedAt: now, dueAt: now,
                isScheduled: false)
        }
    }
}
