import Foundation
import Kafka
import Notifications
import Postgres
import Store
import Testing
import Wire

@testable import Harness
@testable import Notifi

extension EndToEnd {
    /// A person who is erased is gone from everywhere, wherever what was sent to them is on its way.
    @Suite(.installation(Installation.Options(environment: ["NOTIFI_INBOX_RETENTION_LOOK_SECONDS": "1"])))
    struct ErasureTests {
        private static let secret = "nobody else may ever know this"

        /// Erases over HTTP, as an operator does it.
        private static func erase(_ user: String, in installation: Installation) async throws -> Receipt {
            let admin = try await installation.issue(to: installation.serviceName("operator"), scopes: ["admin"])
            try await installation.untilKnown(admin)
            let answer = try await installation.http.ask("DELETE", "/api/users/\(user)", token: admin.text)
            try #require(answer.status == 200, "\(answer.status) \(answer.text)")
            return try answer.decode()
        }

        /// Whatever can be stored of a person, while all daemons run. Returns the ids.
        private static func stored(for user: String, in installation: Installation) async throws -> [String] {
            let service = installation.service
            let delivered = try await service.send(Outgoing(to: user, Self.secret), key: "delivered-\(user)")
            let recalled = try await service.send(Outgoing(to: user, Self.secret))
            let scheduled = try await service.send(
                Outgoing(to: user, Self.secret, at: .inSeconds(3_600)), key: "later-\(user)")
            let cancelled = try await service.send(Outgoing(to: user, Self.secret, at: .inSeconds(3_600)))
            for record in [delivered, recalled] { _ = try await service.record(of: record.id, in: "delivered") }
            for record in [scheduled, cancelled] { _ = try await service.record(of: record.id, in: "scheduled") }
            #expect(try await service.cancel(recalled.id).state == "recalled")
            #expect(try await service.cancel(cancelled.id).state == "cancelled")
            #expect(try await service.reschedule(scheduled.id, to: .inSeconds(7_200)).status == 200)
            return [delivered, recalled, scheduled, cancelled].map(\.id)
        }

        /// With delivery and router stopped, one after the other: in `deliveries`, claimed ones too, and in `requests`.
        private static func underWay(to user: String, in installation: Installation) async throws -> [String] {
            let service = installation.service
            try await installation[.delivery].stop()
            let routed = try await service.send(Outgoing(to: user, Self.secret))
            let claimed = try await service.send(Outgoing(to: user, Self.secret, at: .inSeconds(1.5)))
            let garbage = KafkaRecord(
                topic: installation.topics.deliveries, key: Array(user.utf8),
                value: [0xFF, 0x07] + Array(Self.secret.utf8))
            try await installation.brokers.produce([garbage])
            try await installation.untilRouted()
            try await require("it is claimed", within: .seconds(30)) {
                try await installation.database.countInOutbox(of: [user], dueBefore: .inSeconds(60)) == 0
            }
            try await installation[.router].stop()
            let requested = try await service.send(Outgoing(to: user, Self.secret))
            let keyed = try await service.send(Outgoing(to: user, Self.secret), key: "requested-\(user)")
            let later = try await service.send(
                Outgoing(to: user, Self.secret, at: .inSeconds(3_600)), key: "far-\(user)")
            let soon = try await service.send(Outgoing(to: user, Self.secret, at: .inSeconds(4)))
            let cancelled = try await service.send(Outgoing(to: user, Self.secret, at: .inSeconds(3_600)))
            #expect(try await service.cancel(cancelled.id).state == "cancelled")
            return [routed, claimed, requested, keyed, later, soon].map(\.id)
        }

        @Test("at every stage at once: nothing of the person is left, now and after all that was in Kafka has come")
        func everyStage() async throws {
            let installation = try await Installation.healthy
            let users = installation.users(2, "erased")
            let (user, other) = (users[0], users[1])
            let kept = try await installation.service.send(Outgoing(to: other, "theirs"))
            _ = try await installation.service.record(of: kept.id, in: "delivered")
            let stored = try await Self.stored(for: user, in: installation)
            let underWay = try await Self.underWay(to: user, in: installation)
            #expect(try await installation.database.mentions(user) > 5, "the search finds what is there")

            let receipt = try await Self.erase(user, in: installation)
            #expect(receipt.removed["notifications"] == 2 && receipt.removed["scheduled"] == 1)
            #expect(receipt.removed["cancellations"] == 2 && receipt.removed["reschedules"] == 1)
            #expect(try await installation.database.mentions(user, Self.secret) == 0)

            try await installation.startAll()
            try await installation.settle([user])
            try await require("dead letters are written down", within: .seconds(30)) {
                try await installation.brokers.lag(
                    group: installation.topics.deadLettersGroup, topic: installation.topics.deadLetters) == 0
            }
            #expect(try await installation.database.mentions(user, Self.secret) == 0)
            #expect(try await installation.person(user).inbox() == [])
            for id in stored + underWay { #expect(try await installation.service.get(id).status == 404, "\(id)") }
            #expect(try await installation.person(other).inbox().map(\.id) == [kept.id])

            // Whoever has the same id later is somebody new.
            let fresh = try await installation.service.send(Outgoing(to: user, "welcome"))
            _ = try await installation.service.record(of: fresh.id, in: "delivered")
            #expect(try await installation.person(user).inbox().map(\.message) == ["welcome"])
        }

        @Test("when the topics' retention is over, what came back all the same is swept a second time")
        func secondSweep() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "swept")[0]
            let receipt = try await Self.erase(user, in: installation)
            let erasedAt = try #require(Instant(rfc3339: receipt.erasedAt))
            let sweepAt = try #require(Instant(rfc3339: receipt.secondSweepAt))
            #expect(sweepAt == erasedAt.advanced(bySeconds: 7 * 86_400))
            let pool = installation.database.pool
            _ = try await pool.query(
                """
                INSERT INTO outbox (shard, id, due_at, service_id, user_id, revision, accepted_at, payload)
                SELECT 0, gen_random_uuid(), now() + interval '1 year', $1, $2, 0, $3, convert_to($4, 'UTF8')
                """,
                [
                    .uuid(installation.service.id), .text(user),
                    .timestamptz(microsecondsSinceUnixEpoch: erasedAt.microseconds - 1_000), .text(Self.secret),
                ])
            #expect(try await installation.database.mentions(user, Self.secret) == 1)
            _ = try await pool.query(
                "UPDATE erased_users SET sweep_at = now() WHERE user_hash = sha256(convert_to($1, 'UTF8'))",
                [.text(user)])
            try await require("it is swept", within: .seconds(30)) {
                try await pool.query(
                    "SELECT swept_at IS NOT NULL FROM erased_users WHERE user_hash = sha256(convert_to($1, 'UTF8'))",
                    [.text(user)])[0].decode(0, as: Bool.self)
            }
            #expect(try await installation.database.mentions(user, Self.secret) == 0)
        }
    }

    /// The keeper of retention in running daemons, of which there are two.
    @Suite(
        .installation(
            Installation.Options(
                replicas: [.delivery: 2], environment: ["NOTIFI_INBOX_RETENTION_LOOK_SECONDS": "1"])))
    struct RetentionTests {
        private static func isThere(_ week: Week, in installation: Installation) async throws -> Bool {
            try await ListInboxPartitions.run(on: installation.database.pool).contains { $0.name == week.partitionName }
        }

        @Test("partitions are made ahead; one that is old goes, one that is far ahead stays, and so does what is young")
        func partitions() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "kept")[0]
            let sent = try await installation.service.send(Outgoing(to: user, "young"))
            _ = try await installation.service.record(of: sent.id, in: "delivered")
            let week = Week(of: .current)
            for ahead in [week, week.next, week.next.next] {
                try await require("\(ahead.partitionName) is made", within: .seconds(20)) {
                    try await Self.isThere(ahead, in: installation)
                }
            }
            let (old, late, far) = (
                Week(number: week.number - 9), Week(number: week.number - 2), Week(number: week.number + 500)
            )
            for made in [old, late, far] {
                try await CreateInboxPartition.run(made, on: installation.database.pool)
            }
            try await require("the old one goes", within: .seconds(30)) {
                try await !Self.isThere(old, in: installation)
            }
            let tables = try await installation.database.pool.query(
                "SELECT to_regclass($1) IS NULL", [.text(old.partitionName)])
            #expect(try tables[0].decode(0, as: Bool.self), "dropped, not only detached")
            for kept in [late, week, far] { #expect(try await Self.isThere(kept, in: installation)) }
            #expect(try await installation.person(user).inbox().map(\.id) == [sent.id])
        }

        private static func late(
            _ week: Week, to user: String, in installation: Installation
        ) -> Notifications.Notification {
            var random = SystemRandomNumberGenerator()
            return Notifications.Notification(
                id: .fresh(at: week.start, using: &random), service: installation.service.id, userID: user,
                content: .init(eventType: "new_message", message: "late"), acceptedAt: week.start, dueAt: week.start,
                isScheduled: false)
        }

        @Test("a session that holds the keeper's work up does not hold up deliveries; when it ends the work is done")
        func aSlowReader() async throws {
            let installation = try await Installation.healthy
            let old = Week(number: Week(of: .current).number - 12)
            try await CreateInboxPartition.run(old, on: installation.database.pool)
            let user = installation.users(1, "meanwhile")[0]
            try await installation.database.pool.withConnection { slow in
                try await slow.execute(script: "BEGIN ISOLATION LEVEL REPEATABLE READ")
                _ = try await slow.query("SELECT count(*) FROM inbox")
                try await require("detaching has begun, or is done", within: .seconds(30)) {
                    try await ListInboxPartitions.run(on: installation.database.pool).allSatisfy {
                        $0.name != old.partitionName || $0.attachment != .attached
                    }
                }
                // What is due in the old one and comes now holds nobody up, whatever becomes of it.
                let late = Self.late(old, to: user, in: installation)
                try await installation.brokers.produce([try late.record(on: installation.topics.deliveries)])
                for number in 0..<10 {
                    let sent = try await installation.service.send(Outgoing(to: user, "meanwhile \(number)"))
                    _ = try await installation.service.record(of: sent.id, in: "delivered", within: .seconds(5))
                }
                #expect(try await installation.service.get(late.id.description).status == 404)
                try await slow.execute(script: "COMMIT")
            }
            try await require("the old one goes", within: .seconds(60)) {
                try await installation.database.pool.query(
                    "SELECT to_regclass($1) IS NULL", [.text(old.partitionName)])[0].decode(0, as: Bool.self)
            }
        }
    }
}

/// What an erasure answers.
private struct Receipt: Decodable, Sendable {
    let erasedAt: String
    let secondSweepAt: String
    let removed: [String: Int]

    enum CodingKeys: String, CodingKey {
        case removed
        case erasedAt = "erased_at"
        case secondSweepAt = "second_sweep_at"
    }
}

extension Database {
    func countInOutbox(of users: [String], dueBefore instant: Instant) async throws -> Int {
        try await self.pool.query(
            "SELECT count(*) FROM outbox WHERE user_id = ANY($1) AND due_at < $2",
            [.textArray(users), .timestamptz(microsecondsSinceUnixEpoch: instant.microseconds)])[0].decode(0)
    }

    /// How many rows of all tables hold one of these, as text or as bytes.
    func mentions(_ needles: String...) async throws -> Int {
        let tables = try await self.pool.query(
            """
            SELECT oid::regclass::text AS name FROM pg_class
            WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
            """
        ).map { try $0.decode("name", as: String.self) }
        let hex = needles.map { $0.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
        var count = 0
        for table in tables {
            count += try await self.pool.query(
                """
                SELECT count(*) FROM \(table) t
                WHERE EXISTS (SELECT FROM unnest($1::text[]) AS n WHERE strpos(t::text, n) > 0)
                """, [.textArray(needles + hex)])[0].decode(0, as: Int.self)
        }
        return count
    }
}
