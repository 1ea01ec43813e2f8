import Foundation
import Notifications
import Postgres
import Wire

extension BenchSite {
    /// Stores so many scheduled notifications, all of them due by now, a microsecond apart. Each is whole: its payload
    /// is one that was encoded, with its own id and user in place.
    ///
    /// - Parameter shards: shared out evenly.
    /// - Returns: the due time of the first one, in microseconds since 1970.
    @discardableResult
    func fillOutbox(_ count: Int, shards: Int = 1) async throws -> Int64 {
        let first = Int64(Date().timeIntervalSince1970 * 1_000_000) - 3_600_000_000
        let sql = try OutboxFilling(service: self.service, firstDue: first).sql(count, shards: shards)
        try await self.withPool { pool in
            try await pool.withConnection { connection in
                try await connection.execute(script: sql)
                try await connection.execute(script: "VACUUM (ANALYZE) outbox")
                try await connection.execute(script: "CHECKPOINT")
            }
        }
        return first
    }

    func countOutbox() async throws -> Int {
        try await self.withPool {
            try await $0.query("SELECT count(*) FROM outbox")[0].decode(0, as: Int.self)
        }
    }

    /// With somebody's transaction open elsewhere, whose snapshot keeps Postgres from clearing away what is deleted.
    func withSnapshot<R: Sendable>(held: Bool, _ body: @escaping @Sendable () async throws -> R) async throws -> R {
        guard held else { return try await body() }
        return try await self.withPool { pool in
            try await pool.withConnection { connection in
                try await connection.execute(script: "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
                return try await body()
            }
        }
    }
}

/// Rows for the outbox that Postgres makes itself, of one notification as a pattern.
struct OutboxFilling: Sendable {
    let service: UUID
    /// Microseconds since 1970.
    let firstDue: Int64

    /// Of five digits always, so that each fits where the pattern's was.
    static let userBase = 10_000

    func sql(_ count: Int, shards: Int) throws -> String {
        let due = Instant(microseconds: self.firstDue)
        let pattern = Notification(
            id: NotificationID(uuid: UUID(bytes: [UInt8](repeating: 0, count: 16))), service: self.service,
            userID: "user-\(Self.userBase)",
            content: Notification.Content(eventType: "status_change", message: BenchTraffic.message(0)),
            acceptedAt: due, dueAt: due, isScheduled: true)
        let payload = try pattern.encoded()
        let (id, user) = try Self.places(in: payload, user: pattern.userID)
        let hex = payload.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return """
            INSERT INTO outbox (shard, id, due_at, service_id, user_id, revision, accepted_at, traceparent, payload)
            SELECT n % \(shards), i.id, to_timestamp(0) + (\(self.firstDue) + n) * interval '1 microsecond',
                '\(self.service.uuidString)', u.id, 0, to_timestamp(0) + \(self.firstDue) * interval '1 microsecond',
                '00-' || md5(n::text) || '-' || substr(md5(n::text), 1, 16) || '-01',
                overlay(overlay('\\x\(hex)'::bytea PLACING uuid_send(i.id) FROM \(id + 1))
                    PLACING convert_to(u.id, 'UTF8') FROM \(user + 1))
            FROM generate_series(0, \(count - 1)) AS n,
                LATERAL (SELECT 'user-' || \(Self.userBase) + n % \(BenchTraffic.defaultUsers) AS id) u,
                -- As a UUIDv7 has it: the milliseconds, then what is random.
                LATERAL (SELECT (lpad(to_hex(\(self.firstDue / 1_000) + n / 10), 12, '0') || '7'
                    || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid AS id) i
            """
    }

    /// Where the id and the user begin, from 0: fields 1 and 3 of the message.
    private static func places(in payload: [UInt8], user: String) throws -> (id: Int, user: Int) {
        let text = Array(user.utf8)
        guard payload.starts(with: [0x0A, 16]),
            let place = payload.indices.first(where: { payload[$0...].starts(with: text) })
        else { throw CommandFailure("a notification is not encoded as the benchmark knows it") }
        return (2, place)
    }
}
