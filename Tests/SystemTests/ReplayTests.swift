import Foundation
import Kafka
import Notifications
import Postgres
import Store
import Subprocess
import SystemPackage
import Testing
import Wire

@testable import Harness
@testable import Notifi

extension EndToEnd.Undisturbed {
    /// What an operator does about dead letters, by the command, while all daemons run.
    @Suite
    struct ReplayTests {
        @Test("replayed once the reason is mended: delivered, once, and its trail tells all of it")
        func delivered() async throws {
            let installation = try await Installation.healthy
            let lost = try await Self.bury(in: installation)
            let id = lost.record.id
            #expect(try await installation.service.list("status=dead-lettered&user_id=\(lost.user)") == [id])

            let run = try await Self.command("replay", lost.origin, in: installation)
            #expect(run.status == .exited(0) && run.output == "replayed 1\n", "\(run.lines)")
            let line = try JSONDecoder().decode(JSONTree.self, from: Data(run.errors.utf8))
            #expect(line["action"]?.text == "dead-letter.replay" && line["outcome"]?.text == "replayed")
            #expect(line["notification_id"]?.text == id && line["origin"]?.text == lost.origin)
            #expect(line["user_id"]?.text == lost.user && line["actor"]?["system_user"]?.text?.isEmpty == false)

            let record = try await installation.service.record(of: id, in: "delivered")
            #expect(record.events == ["accepted", "dead-lettered", "replayed", "delivered"])
            #expect(record.step("dead-lettered")?.detail?.contains("23514") == true)
            #expect(record.step("dead-lettered")?.detail?.contains(lost.origin) == true)
            #expect(try await installation.service.list("status=dead-lettered&user_id=\(lost.user)") == [])
            #expect(try await installation.service.list("status=delivered&user_id=\(lost.user)") == [id])
            #expect(try await installation.person(lost.user).inbox().map(\.id) == [id])

            let again = try await Self.command("replay", lost.origin, in: installation)
            #expect(again.status == .exited(1) && again.errors.contains("already_replayed"), "\(again.lines)")
            // As though the command had been killed before it could commit that it was replayed.
            _ = try await installation.database.pool.query(
                "UPDATE dead_letters SET settled = NULL, settled_at = NULL WHERE id = $1",
                [.uuid(try #require(UUID(uuidString: id)))])
            let repeated = try await Self.command("replay", lost.origin, in: installation)
            #expect(repeated.status == .exited(0) && repeated.output == "replayed 1\n", "\(repeated.lines)")
            try await installation.settle([lost.user])
            #expect(try await installation.database.countInInbox(of: [lost.user]) == 1)
            #expect(try await installation.service.record(of: id, in: "delivered").events.last != "dead-lettered")
        }

        @Test("replayed too early it becomes another dead letter, and its trail shows both with their reasons")
        func failedAgain() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "again")[0]
            let record = try await Self.poisoned("not yet \(user)", in: installation) {
                let sent = try await installation.service.send(Outgoing(to: user, "not yet \(user)"))
                _ = try await installation.service.record(of: sent.id, in: "dead-lettered")
                #expect(try await Self.command("replay", "--id", sent.id, in: installation).output == "replayed 1\n")
                try await require("it is a dead letter once more", within: .seconds(20)) {
                    try await Self.letters(of: user, in: installation).count == 2
                }
                return try await installation.service.record(of: sent.id, in: "dead-lettered")
            }
            #expect(record.events == ["accepted", "dead-lettered", "replayed", "dead-lettered"])
            let details = (record.trail ?? []).filter { $0.event == "dead-lettered" }.compactMap(\.detail)
            #expect(Set(details).count == 2 && details.allSatisfy { $0.contains("23514") }, "\(details)")
            #expect(try await Self.letters(of: user, in: installation).map(\.settled?.how) == [nil, .replayed])
            #expect(try await Self.command("replay", "--user", user, in: installation).output == "replayed 1\n")
            let last = try await installation.service.record(of: record.id, in: "delivered")
            #expect(last.events.last == "delivered" && last.events.count == 6)
        }

        @Test("a discarded one stays a dead letter for good")
        func discarded() async throws {
            let installation = try await Installation.healthy
            let lost = try await Self.bury(in: installation)
            let run = try await Self.command("discard", lost.origin, in: installation)
            #expect(run.status == .exited(0) && run.output == "discarded 1\n", "\(run.lines)")
            #expect(run.errors.contains("\"dead-letter.discard\"") && run.errors.contains(lost.origin))
            for what in ["replay", "discard"] {
                let refused = try await Self.command(what, lost.origin, in: installation)
                #expect(
                    refused.status == .exited(1) && refused.errors.contains("already_discarded"), "\(refused.lines)")
                #expect(!refused.errors.contains("\"action\""))
            }
            #expect(try await Self.command("replay", "--user", lost.user, in: installation).output == "replayed 0\n")
            try await installation.settle([lost.user])
            let record = try await installation.service.record(of: lost.record.id, in: "dead-lettered")
            #expect(record.events == ["accepted", "dead-lettered", "discarded"])
            #expect(
                try await installation.service.list("status=dead-lettered&user_id=\(lost.user)") == [lost.record.id])
            #expect(try await installation.person(lost.user).inbox() == [])
        }

        @Test("cancelled meanwhile, it stays cancelled; of somebody erased meanwhile, nothing is left to replay")
        func meanwhile() async throws {
            let installation = try await Installation.healthy
            let cancelled = try await Self.bury(in: installation)
            #expect(try await installation.service.cancel(cancelled.record.id).state == "cancelled")
            #expect(try await Self.command("replay", cancelled.origin, in: installation).output == "replayed 1\n")
            try await installation.settle([cancelled.user])
            #expect(
                try await installation.service.record(of: cancelled.record.id, in: "cancelled").state == "cancelled")
            #expect(try await installation.person(cancelled.user).inbox() == [])

            let erased = try await Self.bury(in: installation)
            let erasure = try await ProgramRun.command(
                ["user", "erase", erased.user, "--yes"], Self.variables(installation))
            #expect(erasure.status == .exited(0), "\(erasure.lines)")
            let run = try await Self.command("replay", erased.origin, in: installation)
            #expect(run.status == .exited(1) && run.errors.contains("not_found"), "\(run.lines)")
            #expect(try await installation.service.get(erased.record.id).status == 404)
        }

        @Test("replayed when the inbox's retention is over, it ends as expired")
        func expired() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "late")[0]
            let then = Instant.inSeconds(-40 * 86_400).flooredToMilliseconds
            var random = SystemRandomNumberGenerator()
            let old = Notifications.Notification(
                id: .fresh(at: then, using: &random), service: installation.service.id, userID: user,
                content: .init(eventType: "new_message", message: "old \(user)"), acceptedAt: then, dueAt: then,
                isScheduled: false)
            try await Self.poisoned("old \(user)", in: installation) {
                try await installation.brokers.produce([try old.record(on: installation.topics.deliveries)])
                _ = try await installation.service.record(of: old.id.description, in: "dead-lettered")
            }
            #expect(try await Self.command("replay", "--user", user, in: installation).output == "replayed 1\n")
            let record = try await installation.service.record(of: old.id.description, in: "expired")
            #expect(record.events == ["accepted", "dead-lettered", "replayed", "expired"])
            #expect(try await installation.person(user).inbox() == [])
        }

        @Test(
            "what nobody can read is shown as it is, replayed and discarded by its origin; a terminal obeys none of it")
        func garbage() async throws {
            let installation = try await Installation.healthy
            let user = "\u{1B}[31m\u{202E}\(installation.users(1, "garbage")[0])"
            let receipt = try #require(
                try await installation.brokers.produce([
                    KafkaRecord(
                        topic: installation.topics.requests, key: Array(user.utf8), value: [0xFF, 0x07, 0x1B, 0x5B])
                ]).first)
            try await require("it is in the table", within: .seconds(20)) {
                try await installation.database.countDeadLetters(from: receipt) == 1
            }
            let origin = "\(receipt.topic)/\(receipt.partition)/\(receipt.offset)"
            let missing = "\(receipt.topic)/\(receipt.partition)/9999999"
            for arguments in [
                ["list"], ["list", "--json"], ["show", origin], ["show", origin, "--json"], ["show", missing],
            ] {
                let run = try await ProgramRun.command(["dead-letters"] + arguments, Self.variables(installation))
                #expect(run.status == .exited(arguments.last == missing ? 1 : 0), "\(run.lines)")
                let text = run.output + run.errors
                #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}"), "\(run.lines)")
                #expect(text.contains(arguments.last == missing ? missing : origin))
            }
            #expect(try await Self.command("show", origin, in: installation).output.contains("ff071b5b"))
            let json = try await Self.command("show", origin, "--json", in: installation).output
            let view = try JSONDecoder().decode(JSONTree.self, from: Data(json.utf8))
            #expect(view["value"]?.text == "/wcbWw==" && view["user_id"]?.text == user && view["state"]?.text == "open")

            let replay = try await Self.command("replay", origin, in: installation)
            #expect(replay.output == "replayed 1\n", "\(replay.lines)")
            try await require("it is a dead letter once more", within: .seconds(20)) {
                try await Self.letters(of: user, in: installation).count == 2
            }
            let run = try await Self.command("discard", "--user", user, "--yes", in: installation)
            #expect(run.output == "discarded 1\n" && !run.errors.contains("\u{1B}"), "\(run.lines)")
        }

        @Test("with the brokers away replaying fails within seconds, says so, and leaves everything open")
        func brokersAway() async throws {
            let installation = try await Installation.healthy
            let lost = try await Self.bury(in: installation)
            let began = ContinuousClock.now
            let run = try await ProgramRun.command(
                ["dead-letters", "replay", lost.origin],
                Self.variables(installation).merging(["NOTIFI_KAFKA_BROKERS": "127.0.0.1:1"]) { $1 })
            #expect(run.status == .exited(1) && run.errors.contains("replayed 0 of 1"), "\(run.lines)")
            #expect(!run.errors.contains("\"action\""))
            #expect(ContinuousClock.now - began < .seconds(30))
            #expect(try await Self.letters(of: lost.user, in: installation).map(\.settled?.how) == [nil])
            #expect(try await Self.command("replay", lost.origin, in: installation).output == "replayed 1\n")
            _ = try await installation.service.record(of: lost.record.id, in: "delivered")
        }

        @Test("a wide discard has to be confirmed")
        func confirmed() async throws {
            let installation = try await Installation.healthy
            let lost = try await Self.bury(in: installation)
            let notifi = Executable.path(FilePath(try Programs.folder() + "notifi"))
            for (answer, count) in [("", 1), ("yes\n", 1), ("2\n", 1), ("1\n", 0)] {
                let run = try await ProgramRun.run(
                    notifi, arguments: ["dead-letters", "discard", "--user", lost.user],
                    variables: Self.variables(installation), input: answer)
                #expect(run.status == .exited(count == 1 ? 1 : 0), "\(answer): \(run.lines)")
                #expect(try await Self.letters(of: lost.user, in: installation).count { $0.settled == nil } == count)
            }
        }

        @Test("2,000 by two operators at once: each is replayed by one of them, and delivered once")
        func many() async throws {
            let installation = try await Installation.healthy
            let users = installation.users(10, "many")
            try await Self.bury(2_000, for: users, in: installation)
            let began = ContinuousClock.now
            let marker = "many \(users[0])"
            async let first = Self.command("replay", "--reason", marker, in: installation)
            async let second = Self.command("replay", "--reason", marker, in: installation)
            let runs = try await [first, second]
            print("replaying 2000: \(ContinuousClock.now - began), \(runs.map(\.output))")
            let counts = runs.map { run in
                #expect(run.status == .exited(0), "\(run.errors.suffix(500))")
                return Int(run.output.dropFirst("replayed ".count).prefix { $0.isNumber }) ?? -1
            }
            #expect(counts.reduce(0, +) == 2_000)
            let audited = runs.reduce(0) { $0 + $1.errors.split(separator: "\n").count { $0.contains("\"replayed\"") } }
            #expect(audited == 2_000)
            let decisions = try await installation.decisions(of: users, count: 2_000)
            #expect(Set(decisions.map(\.id)).count == 2_000)
        }

        // MARK: -

        private static func variables(_ installation: Installation) -> [String: String] {
            ["NOTIFI_POSTGRES_URL": installation.database.server.url].merging(installation.brokers.environment) { $1 }
        }

        private static func command(_ arguments: String..., in installation: Installation) async throws -> ProgramRun {
            try await ProgramRun.command(["dead-letters"] + arguments, Self.variables(installation))
        }

        private static func letters(
            of user: String, in installation: Installation
        ) async throws -> [ListDeadLetters.Row] {
            try await ListDeadLetters.run(
                DeadLetterFilter(userID: user), limit: 100, on: installation.database.pool)
        }

        /// While `body` runs, Postgres refuses to store this message, as it would with a row that offends against a
        /// constraint: the reason is there, and can be mended.
        @discardableResult
        private static func poisoned<Success: Sendable>(
            _ message: String, in installation: Installation, _ body: () async throws -> Success
        ) async throws -> Success {
            let pool = installation.database.pool
            let quoted = message.replacing("'", with: "''")
            _ = try await pool.query(
                PostgresStatement("ALTER TABLE inbox ADD CONSTRAINT poisoned CHECK (message <> '\(quoted)')"))
            let result: Result<Success, any Error>
            do {
                result = .success(try await body())
            } catch {
                result = .failure(error)
            }
            _ = try await pool.query("ALTER TABLE inbox DROP CONSTRAINT poisoned")
            return try result.get()
        }

        /// Sends one that becomes a dead letter, and mends the reason.
        private static func bury(
            in installation: Installation
        ) async throws -> (user: String, record: Record, origin: String) {
            let user = installation.users(1, "buried")[0]
            let record = try await Self.poisoned("poison \(user)", in: installation) {
                let sent = try await installation.service.send(Outgoing(to: user, "poison \(user)"))
                return try await installation.service.record(of: sent.id, in: "dead-lettered")
            }
            let row = try #require(try await Self.letters(of: user, in: installation).first)
            return (user, record, "\(row.origin)")
        }

        /// Straight into the table, as Delivery does it.
        private static func bury(_ count: Int, for users: [String], in installation: Installation) async throws {
            var random = SystemRandomNumberGenerator()
            let now = Instant.current.flooredToMilliseconds
            let rows = try (0..<count).map { number in
                let notification = Notifications.Notification(
                    id: .fresh(at: now, using: &random), service: installation.service.id,
                    userID: users[number % users.count],
                    content: .init(eventType: "new_message", message: "\(number)"), acceptedAt: now, dueAt: now,
                    isScheduled: false)
                return RecordDeadLetters.Row(
                    topic: installation.topics.deliveries, partition: 1_000, offset: Int64(number), recordedAt: now,
                    reason: "many \(users[0])", attempts: 1, id: notification.id, service: notification.service,
                    userID: notification.userID, acceptedAt: now, key: Array(notification.userID.utf8),
                    value: try notification.encoded(), trace: nil)
            }
            #expect(try await RecordDeadLetters.run(rows, on: installation.database.pool) == count)
        }
    }
}
