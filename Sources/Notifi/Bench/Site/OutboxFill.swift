import FoundationEssentials
import Notifications
import Postgres
import Synchronization
import Wire

/// Scheduled notifications for an outbox, as a router stores them: the payload is the encoded notification, of the row's
/// own id, user and due time. Postgres makes them itself of one notification as a pattern, so that filling takes little
/// of what is measured.
///
/// Each has a number, which goes on from call to call, so that no two are alike.
final class OutboxFill: Sendable {
    private let service: UUID
    /// They share the rows out evenly.
    private let shards: Int
    private let added = Mutex<Int64>(0)

    init(service: UUID, shards: Int = 1) {
        self.service = service
        self.shards = shards
    }

    /// - Parameter firstDue: when the first one is due; each other one a microsecond after the one before.
    func add(_ count: Int, firstDue: Instant, on pool: PostgresPool) async throws {
        let pattern = try Pattern(service: self.service, due: firstDue)
        let first = self.added.withLock { added in
            defer { added += Int64(count) }
            return added
        }
        _ = try await pool.query(
            Self.sql,
            [
                .int8(first), .int8(Int64(count)), .int8(firstDue.microseconds), .int4(Int32(self.shards)),
                .uuid(self.service), .timestamptz(microsecondsSinceUnixEpoch: pattern.acceptedAt.microseconds),
                .bytea(pattern.payload), .int4(Int32(pattern.id)), .int4(Int32(pattern.user)),
                .int4(Int32(pattern.due)),
            ])
    }

    private static let sql = """
        INSERT INTO outbox (shard, id, due_at, service_id, user_id, revision, accepted_at, traceparent, payload)
        SELECT n % $4, i.id, to_timestamp(0) + t.due * interval '1 microsecond', $5, u.id, 0, $6,
            '00-' || md5(n::text) || '-' || substr(md5(n::text), 1, 16) || '-01',
            overlay(overlay(overlay($7 PLACING uuid_send(i.id) FROM $8) PLACING convert_to(u.id, 'UTF8') FROM $9)
                PLACING int8send(\(OutboxFill.varint)) FROM $10)
        FROM generate_series($1::int8, $1 + $2::int8 - 1) AS n,
            LATERAL (SELECT $3::int8 + n - $1 AS due) t,
            LATERAL (SELECT 'user-' || \(Pattern.firstUser) + n % \(BenchTraffic.defaultUsers) AS id) u,
            -- As a UUIDv7 has it: the milliseconds, then what is random.
            LATERAL (SELECT (lpad(to_hex((extract(epoch FROM $6::timestamptz) * 1000)::int8 + n / 10), 12, '0') || '7'
                || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid AS id) i
        """

    /// Protobuf's form of the due time, as the number whose bytes it is: seven bits a byte, the lowest first, and the
    /// highest bit of all but the last byte set.
    private static let varint = (0..<Pattern.varintLength).map { place in
        let more = place < Pattern.varintLength - 1 ? 128 : 0
        return "((t.due >> \(7 * place) & 127 | \(more)) << \(8 * (Pattern.varintLength - 1 - place)))"
    }.joined(separator: " | ")
}

extension OutboxFill {
    /// A notification whose id, user and due time are filled in by others of the same length. Where they begin is counted
    /// from 1, as SQL does.
    struct Pattern: Sendable {
        /// Of times between 1987 and 4253.
        static let varintLength = 8
        private static let times: Range<Int64> = 1 << 49..<1 << 56
        /// Of five digits, as all of ``BenchTraffic/defaultUsers`` behind it.
        static let firstUser = 10_000

        let acceptedAt: Instant
        let payload: [UInt8]
        let id: Int
        let user: Int
        let due: Int

        /// - Throws: ``CommandFailure`` where notifications are not encoded as this knows it.
        init(service: UUID, due: Instant) throws {
            // An hour before, to the millisecond as the API has it.
            self.acceptedAt = due.advanced(bySeconds: -3_600).flooredToMilliseconds
            let notification = Notification(
                id: NotificationID(uuid: UUID(bytes: [UInt8](repeating: 0, count: 16))), service: service,
                userID: "user-\(Self.firstUser)",
                content: Notification.Content(eventType: "status_change", message: BenchTraffic.message(0)),
                acceptedAt: self.acceptedAt, dueAt: due, isScheduled: true)
            let payload = try notification.encoded()
            let user = Array(notification.userID.utf8)
            // The due time is field 11, and `scheduled`, which is behind it, the last one.
            let end = payload.count - 2
            guard Self.times.contains(due.microseconds), payload.starts(with: [0x0A, 16]),
                let place = payload.indices.first(where: { payload[$0...].starts(with: user) }),
                payload[end...].elementsEqual([0x60, 1]), payload[end - Self.varintLength - 1] == 0x58
            else { throw CommandFailure("a notification is not encoded as the benchmark knows it") }
            self.payload = payload
            self.id = 3
            self.user = place + 1
            self.due = end - Self.varintLength + 1
        }
    }
}
