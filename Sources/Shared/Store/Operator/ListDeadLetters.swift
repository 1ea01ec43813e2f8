public import FoundationEssentials
public import Notifications
internal import Postgres

/// Dead letters in the order of their times.
public enum ListDeadLetters {
    /// Index: `dead_letters_open (recorded_at DESC) WHERE settled IS NULL` serves what an operator asks for most; of
    /// the others `dead_letters_recorded (recorded_at)` gives the order.
    private static func sql(_ filter: DeadLetterFilter, oldestFirst: Bool) -> String {
        """
        SELECT \(Row.columns)
        FROM dead_letters d
        WHERE \(filter.condition)
        ORDER BY d.recorded_at \(oldestFirst ? "ASC" : "DESC"), d.topic, d.partition,
            d.record_offset \(oldestFirst ? "ASC" : "DESC")
        LIMIT $8
        """
    }

    public struct Row: Sendable {
        static let columns = """
            d.topic, d.partition, d.record_offset, d.record_at, d.reason, d.attempts, d.id, d.service_id, d.user_id,
            d.recorded_at, d.settled, d.settled_at, d.settled_by
            """

        public let origin: DeadLetterOrigin
        /// When a broker took the record. With the origin it names one dead letter: a topic that was made again counts its
        /// offsets anew.
        public let recordAt: Instant
        public let recordedAt: Instant
        public let reason: String
        public let attempts: Int32
        public let id: NotificationID?
        public let service: UUID?
        public let userID: String?
        public let settled: (how: Settlement, at: Instant, by: String?)?

        init(_ row: PostgresRow) throws {
            self.origin = DeadLetterOrigin(
                topic: try row.decode("topic", as: String.self), partition: try row.decode("partition", as: Int32.self),
                offset: try row.decode("record_offset", as: Int64.self))
            self.recordAt = try row.instant("record_at")
            self.recordedAt = try row.instant("recorded_at")
            self.reason = try row.decode("reason", as: String.self)
            self.attempts = try row.decode("attempts", as: Int32.self)
            self.id = try row.decode("id", as: UUID?.self).map(NotificationID.init(uuid:))
            self.service = try row.decode("service_id", as: UUID?.self)
            self.userID = try row.decode("user_id", as: String?.self)
            if let how = try row.decode("settled", as: String?.self).flatMap(Settlement.init(rawValue:)) {
                self.settled = (how, try row.instant("settled_at"), try row.decode("settled_by", as: String?.self))
            } else {
                self.settled = nil
            }
        }
    }

    public static func run(
        _ filter: DeadLetterFilter, oldestFirst: Bool = false, limit: Int, on store: some Querying
    ) async throws -> [Row] {
        try await store.query(
            PostgresStatement(
                Self.sql(filter, oldestFirst: oldestFirst), filter.parameters + [.int8(Int64(limit))])
        ).map(Row.init)
    }
}
