public import Postgres

/// Writes down what an operator did about a dead letter, once and for good.
public enum SettleDeadLetter {
    /// Index: the primary key of `dead_letters`, `(topic, partition, record_offset, record_at)`. The lock keeps a second
    /// operator waiting, who then finds it settled: what is discarded is never replayed beside it.
    private static let lock = """
        SELECT d.topic, d.partition, d.record_offset, d.record_at, d.reason, d.attempts, d.id, d.service_id, d.user_id,
            d.recorded_at, d.settled, d.settled_at, d.settled_by, d.record_key, d.record_value, d.traceparent
        FROM dead_letters d
        WHERE d.topic = $1 AND d.partition = $2 AND d.record_offset = $3 AND d.record_at = $4 AND d.settled IS NULL
        FOR UPDATE
        """

    /// Index: the same.
    private static let settle = """
        UPDATE dead_letters SET settled = $5, settled_at = clock_timestamp(), settled_by = $6
        WHERE topic = $1 AND partition = $2 AND record_offset = $3 AND record_at = $4
        """

    /// - Parameters:
    ///   - operatorName: who did it, for the record.
    ///   - pool: it runs in a transaction of its own.
    ///   - act: publishes it again, say, and returns when that is durable. Where it throws, nothing is settled. A crash
    ///     after it leaves the letter open: replayed once more, it keeps its id, and the inbox takes it once (P2).
    /// - Returns: whether it was open until now.
    public static func run(
        _ row: ListDeadLetters.Row, as settlement: Settlement, by operatorName: String, on pool: PostgresPool,
        acting act: @Sendable (FindDeadLetters.Letter) async throws -> Void = { _ in }
    ) async throws -> Bool {
        let key: [PostgresValue] = [
            .text(row.origin.topic), .int4(row.origin.partition), .int8(row.origin.offset), .instant(row.recordAt),
        ]
        return try await pool.transaction { connection in
            guard let found = try await connection.query(PostgresStatement(Self.lock, key)).first else { return false }
            try await act(try FindDeadLetters.Letter(found))
            _ = try await connection.query(
                PostgresStatement(Self.settle, key + [.text(settlement.rawValue), .text(operatorName)]))
            return true
        }
    }
}
