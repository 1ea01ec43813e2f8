import Foundation
import Kafka
import Notifications
import Postgres
import Testing
import Wire

@testable import Harness
@testable import Notifi

extension EndToEnd.Undisturbed {
    /// What is as large as it may be goes all the way.
    @Suite
    struct LargestTests {
        /// Every member at its limit, in characters of four bytes where it may have any.
        private struct Largest: Encodable, Sendable {
            let userId: String
            let eventType = "new_message"
            let message = String(repeating: "😀", count: Draft.Limit.message / 4)
            let title = String(repeating: "漢", count: Draft.Limit.title / 3) + "x"
            let actionUrl = "/" + String(repeating: "a", count: Draft.Limit.actionURL - 1)
            let priority = "critical"
            // {"d":"…"} is eight bytes more than what is in it.
            let data = ["d": String(repeating: "é", count: (Draft.Limit.data - 8) / 2)]
            let schedule: String?
            let expiresAt = "2999-12-31T23:59:59.999999+00:00"
            let idempotencyKey = "\(UUID())" + String(repeating: "k", count: Draft.Limit.idempotencyKey - 36)
        }

        private struct Shown: Decodable {
            let id: String
            let message: String
            let title: String?
            let actionUrl: String?
            let data: [String: String]?
        }

        @Test("1,000 of the largest, half of them scheduled: one body is a 413, two are taken, and all arrive whole")
        func batches() async throws {
            let installation = try await Installation.healthy
            let users = installation.users(20, "large").map { name in
                name + String(repeating: "é", count: (Draft.Limit.userID - name.utf8.count) / 2)
            }
            let due = Instant.inSeconds(8)
            let all = (0..<1_000).map { place in
                Largest(userId: users[place % 20], schedule: place < 500 ? nil : due.description)
            }
            let refused = try await Self.post(all, installation)
            #expect(refused.status == 413, "\(refused.text.prefix(200))")
            #expect(try refused.decode(ProblemBody.self).code == "payload_too_large")

            var ids: [String] = []
            for half in [all[..<500], all[500...]] {
                let answer = try await Self.post(Array(half), installation)
                try #require(answer.status == 200, "\(answer.text.prefix(300))")
                for result in try answer.decode(BatchAnswer.self).results {
                    try #require(result.status == 202, "\(result)")
                    ids.append(try #require(result.notification).id)
                }
            }
            let rows = try await installation.decisions(of: users, count: 1_000)
            #expect(Set(rows.map(\.id)) == Set(ids))
            #expect(rows.allSatisfy { $0.state == "delivered" && (!$0.isScheduled || $0.delivered >= $0.due) })
            let answer = try await installation.person(users[0]).unread()
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let shown = try decoder.decode([Shown].self, from: answer.body)
            #expect(shown.count == 50)
            for one in shown {
                #expect(one.message == all[0].message && one.title == all[0].title)
                #expect(one.actionUrl == all[0].actionUrl && one.data == all[0].data)
            }
        }

        @Test("the largest as poison, and garbage of the largest record: each is a dead letter with its origin")
        func deadLetters() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "largest")[0]
            let now = Instant.current.flooredToMilliseconds
            var random = SystemRandomNumberGenerator()
            var poison = Notifications.Notification(
                id: .fresh(at: now, using: &random), service: installation.service.id, userID: user,
                content: .init(eventType: "new_message", message: String(repeating: "\0", count: Draft.Limit.message)),
                acceptedAt: now, dueAt: now, isScheduled: false)
            poison.content.data = String(repeating: "x", count: Draft.Limit.data)
            let record = try poison.record(on: installation.topics.deliveries)
            // librdkafka sends 1,000,000 bytes at most, headers included.
            let garbage = KafkaRecord(
                topic: installation.topics.requests, key: Array(user.utf8),
                value: [UInt8](repeating: 0xFF, count: 999_800))
            let headers = KafkaRecord(
                topic: installation.topics.requests, key: Array(user.utf8), value: [0xFF],
                headers: (0..<30).map { KafkaHeader(name: "h\($0)", value: [UInt8](repeating: 0x61, count: 33_000)) })
            let good = try await installation.service.send(Outgoing(to: user, "good"))
            let receipts = try await installation.brokers.produce([record, garbage, headers])
            for origin in receipts {
                try await require("\(origin) is a dead letter", within: .seconds(30)) {
                    try await installation.database.countDeadLetters(from: origin) == 1
                }
            }
            #expect(try await installation.database.deadLetterValue(receipts[0]) == record.value, "whole")
            let cut = try #require(await installation.database.deadLetterValue(receipts[1]))
            #expect(cut.count >= 100_000 && garbage.value.starts(with: cut), "as much as fits")
            let dead = try await installation.service.record(of: poison.id.description, in: "dead-lettered")
            #expect(dead.events.last == "dead-lettered")
            _ = try await installation.service.record(of: good.id, in: "delivered")
        }

        private static func post(_ batch: [Largest], _ installation: Installation) async throws -> HTTPAnswer {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            return try await installation.http.send(
                "POST", "/api/notifications/batch",
                headers: ["Authorization": "Bearer \(installation.service.token)"], body: try encoder.encode(batch),
                within: .seconds(60))
        }
    }
}

extension Database {
    fileprivate func deadLetterValue(_ origin: KafkaReceipt) async throws -> [UInt8]? {
        try await self.pool.query(
            "SELECT record_value FROM dead_letters WHERE topic = $1 AND partition = $2 AND record_offset = $3",
            [.text(origin.topic), .int4(origin.partition), .int8(origin.offset)]
        ).first?.decode(0)
    }
}
