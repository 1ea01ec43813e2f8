public import FoundationEssentials
public import Notifications
internal import Postgres

/// The dead letters, newest first.
public enum ListDeadLetters {
    /// Index: `dead_letters_recorded (recorded_at)`.
    private static let sql = """
        SELECT topic, partition, record_offset, record_at, reason, attempts, id, service_id, user_id, recorded_at
        FROM dead_letters ORDER BY recorded_at DESC LIMIT $1
        """

    public struct Row: Sendable {
        public let topic: String
        public let partition: Int32
        public let offset: Int64
        public let recordAt: Instant
        public let recordedAt: Instant
        public let reason: String
        public let attempts: Int32
        public let id: NotificationID?
        public let service: UUID?
        public let userID: String?
    }

    public static func run(limit: Int, on store: some Querying) async throws -> [Row] {
        try await store.query(PostgresStatement(Self.sql, [.int8(Int64(limit))])).map { row in
            Row(
                topic: try row.decode("topic", as: String.self),
                partition: try row.decode("partition", as: Int32.self),
                offset: try row.decode("record_offset", as: Int64.self), recordAt: try row.instant("record_at"),
                recordedAt: try row.instant("recorded_at"), reason: try row.decode("reason", as: String.self),
                attempts: try row.decode("attempts", as: Int32.self),
                id: try row.decode("id", as: UUID?.self).map(NotificationID.init(uuid:)),
                service: try row.decode("service_id", as: UUID?.self),
                userID: try row.decode("user_id", as: String?.self))
        }
    }
}
