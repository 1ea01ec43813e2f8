public import Notifications
internal import Postgres

/// The dead letters of one origin, with the record as it was: one, or several where a topic was made again and counts
/// its offsets anew.
public enum FindDeadLetters {
    /// Index: the primary key of `dead_letters`, `(topic, partition, record_offset, record_at)`.
    private static let sql = """
        SELECT \(Letter.columns)
        FROM dead_letters d
        WHERE d.topic = $1 AND d.partition = $2 AND d.record_offset = $3
        ORDER BY d.record_at DESC
        """

    public struct Letter: Sendable {
        static let columns = "\(ListDeadLetters.Row.columns), d.record_key, d.record_value, d.traceparent"

        public let row: ListDeadLetters.Row
        public let key: [UInt8]?
        public let value: [UInt8]?
        public let trace: TraceContext?

        init(_ row: PostgresRow) throws {
            self.row = try ListDeadLetters.Row(row)
            self.key = try row.decode("record_key", as: [UInt8]?.self)
            self.value = try row.decode("record_value", as: [UInt8]?.self)
            self.trace = try row.trace("traceparent")
        }
    }

    public static func run(_ origin: DeadLetterOrigin, on store: some Querying) async throws -> [Letter] {
        try await store.query(
            PostgresStatement(Self.sql, [.text(origin.topic), .int4(origin.partition), .int8(origin.offset)])
        ).map(Letter.init)
    }
}
