import Foundation
import Kafka
import Notifications
import Postgres
import Subprocess
import Testing

@testable import Harness
@testable import Notifi
@testable import Wire

extension EndToEnd {
    /// A newer version runs beside this one: its events pass, and its database is served as far as this one knows it.
    @Suite(.installation)
    struct FutureTests {
        @Test("an event of a newer schema goes through router, outbox and poller with what they do not know")
        func events() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "future")[0]
            // Field 1000, length-delimited; and a priority that this version does not know.
            let field: [UInt8] = [0xC2, 0x3E, 3] + Array("new".utf8)
            let priority: [UInt8] = [0x40, 0x63]
            var random = SystemRandomNumberGenerator()
            let all = [false, true].map { isScheduled in
                let now = Instant.current.flooredToMilliseconds
                return Notifications.Notification(
                    id: .fresh(at: now, using: &random), service: installation.service.id, userID: user,
                    content: .init(eventType: "new_message", message: "of the future"), acceptedAt: now,
                    dueAt: isScheduled ? .inSeconds(2) : now, isScheduled: isScheduled)
            }
            let records = try all.map { one in
                var record = try one.record(on: installation.topics.requests)
                record.value += priority + field
                return record
            }
            try await installation.brokers.produce(records)
            for one in all { _ = try await installation.service.record(of: one.id.description, in: "delivered") }
            let key = Array(user.utf8)
            let delivered = try await installation.brokers.find(on: installation.topics.deliveries, count: 2) {
                $0.key == key
            }
            var claimed = 0
            for message in delivered {
                let value = try #require(message.value)
                let read = try Notifications.Notification(encoded: value, trace: nil)
                let place = try #require(all.firstIndex { $0.id == read.id })
                // Byte for byte what was sent; of a scheduled one what its row knows stands behind that.
                let sent = records[place].value
                let carried = try read.claimedAt.map {
                    try ClaimedPayload.encoded(sent, dueAt: all[place].dueAt, revision: 0, claimedAt: $0)
                }
                #expect(read.claimedAt ?? all[place].dueAt >= all[place].dueAt, "not early")
                #expect(value == carried ?? sent, "carried along")
                #expect(read.unknownFields == priority + field, "with its own priority")
                #expect((read.claimedAt != nil) == all[place].isScheduled)
                claimed += read.claimedAt == nil ? 0 : 1
            }
            #expect(delivered.count == 2 && claimed == 1, "one of each")
            let shown = try await installation.person(user).unread()
            #expect(shown.text.ranges(of: "\"priority\":\"normal\"").count == 2, "\(shown.text)")
        }

        @Test("a database that a newer version has migrated: daemons go on, say so at /readyz, and migrate refuses it")
        func database() async throws {
            let installation = try await Installation.healthy
            let url = installation.database.server.url
            for sql in [
                "ALTER TABLE inbox ADD COLUMN later text NOT NULL DEFAULT 'later'",
                "ALTER TABLE outbox ADD COLUMN later text", "CREATE TABLE later (id uuid PRIMARY KEY)",
                "INSERT INTO notifi_migrations (number, name, checksum) VALUES (99, 'later', 1)",
            ] { _ = try await installation.database.pool.query(PostgresStatement(sql)) }
            for daemon in installation.daemons { try await daemon.stop() }
            for daemon in installation.daemons { try await daemon.start() }
            try await installation[.api].waitUntilReady()
            for daemon in installation.daemons {
                let last = Shared("")
                try await require("\(daemon.name) says so: \(last.value)", within: .seconds(20)) {
                    let text = try await daemon.readiness().text
                    last.change { $0 = text }
                    return text.contains("use a newer Notifi")
                }
            }
            let user = installation.users(1, "newer")[0]
            let now = try await installation.service.send(Outgoing(to: user, "now"))
            let later = try await installation.service.send(Outgoing(to: user, "later", at: .inSeconds(1)))
            for sent in [now, later] {
                _ = try await installation.service.record(of: sent.id, in: "delivered", within: .seconds(40))
            }
            #expect(try await installation.person(user).inbox().count == 2)

            let run = try await ProgramRun.command(["migrate"], ["NOTIFI_POSTGRES_URL": url])
            #expect(run.status != .exited(0))
            #expect(run.errors.contains("use a newer Notifi"), "\(run.lines)")
            let numbers = try await installation.database.pool.query("SELECT number FROM notifi_migrations").map {
                try $0.decode(0, as: Int32.self)
            }
            #expect(numbers.count { $0 == 99 } == 1, "nothing was changed")
        }
    }
}
