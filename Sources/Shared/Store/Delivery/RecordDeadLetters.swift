public import FoundationEssentials
public import Notifications
internal import Postgres

/// Writes dead letters down where people can look at them.
public enum RecordDeadLetters {
    /// Index: the primary key of `dead_letters`, `(topic, partition, record_offset, record_at)`, drops a redelivery. That of
    /// `erased_users` leaves out what belongs to an erased user, be it by the key of the record alone.
    private static let sql = """
        INSERT INTO dead_letters (
            topic, partition, record_offset, record_at, reason, attempts, id, service_id, user_id, accepted_at,
            record_key, record_value, traceparent)
        SELECT n.* FROM unnest(
            $1::text[], $2::int4[], $3::int8[], $4::timestamptz[], $5::text[], $6::int4[], $7::uuid[], $8::uuid[],
            $9::text[], $10::timestamptz[], $11::bytea[], $12::bytea[], $13::text[])
            AS n (
                topic, partition, record_offset, record_at, reason, attempts, id, service_id, user_id, accepted_at,
                record_key, record_value, traceparent)
        WHERE \(ErasedUser.isNot("n.user_id", acceptedAt: Self.acceptedAt))
          AND \(ErasedUser.isNot(bytes: "n.record_key", acceptedAt: Self.acceptedAt))
        ON CONFLICT DO NOTHING
        """

    /// Of a record that nobody can read, its own time.
    private static let acceptedAt = "coalesce(n.accepted_at, n.record_at)"

    public struct Row: Sendable {
        public let topic: String
        public let partition: Int32
        public let offset: Int64
        public let recordedAt: Instant
        public let reason: String
        public let attempts: Int32
        public let id: NotificationID?
        public let service: UUID?
        public let userID: String?
        public let acceptedAt: Instant?
        public let key: [UInt8]?
        public let value: [UInt8]?
        public let trace: TraceContext?

        public init(
            topic: String, partition: Int32, offset: Int64, recordedAt: Instant, reason: String, attempts: Int32,
            id: NotificationID?, service: UUID?, userID: String?, acceptedAt: Instant?, key: [UInt8]?,
            value: [UInt8]?, trace: TraceContext?
        ) {
            self.topic = topic
            self.partition = partition
            self.offset = offset
            self.recordedAt = recordedAt
            self.reason = reason
            self.attempts = attempts
            self.id = id
            self.service = service
            self.userID = userID
            self.acceptedAt = acceptedAt
            self.key = key
            self.value = value
            self.trace = trace
        }
    }

    /// - Returns: how many were new.
    @discardableResult
    public static func run(_ rows: [Row], on store: some Querying) async throws -> Int {
        guard !rows.isEmpty else { return 0 }
        return try await store.query(
            PostgresStatement(
                Self.sql,
                [
                    .textArray(rows.map(\.topic)), .int4Array(rows.map(\.partition)),
                    .int8Array(rows.map(\.offset)), .instants(rows.map(\.recordedAt)),
                    .textArray(rows.map(\.reason)), .int4Array(rows.map(\.attempts)),
                    .uuidArray(rows.map(\.id?.uuid)), .uuidArray(rows.map(\.service)),
                    .textArray(rows.map(\.userID)), .instants(rows.map(\.acceptedAt)),
                    .byteaArray(rows.map(\.key)), .byteaArray(rows.map(\.value)),
                    .textArray(rows.map { $0.trace?.description }),
                ])
        ).affected
    }
}
