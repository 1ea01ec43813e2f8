internal import Notifications
public import Postgres

/// Writes down what an operator did about dead letters, once and for good.
public enum SettleDeadLetters {
    /// Index: the primary key of `dead_letters`, `(topic, partition, record_offset, record_at)`; that of `erased_users`
    /// leaves out what the sweep of an erased user has not met yet.
    ///
    /// The lock keeps a second operator away: what is discarded is never replayed beside it. Nobody waits for it, so that
    /// two who settle much the same neither block nor deadlock.
    private static let lock = """
        SELECT \(FindDeadLetters.Letter.columns), clock_timestamp() AS locked_at
        FROM unnest(\(Self.keys)) WITH ORDINALITY AS k (topic, partition, record_offset, record_at, place)
        JOIN dead_letters d USING (topic, partition, record_offset, record_at)
        WHERE d.settled IS NULL
          AND \(ErasedUser.isNot("d.user_id", acceptedAt: Self.acceptedAt))
          AND \(ErasedUser.isNot(bytes: "d.record_key", acceptedAt: Self.acceptedAt))
        ORDER BY k.place
        FOR UPDATE OF d SKIP LOCKED
        """

    /// Index: the same. It counts from the lock, not from now: what was replayed may be delivered by now, and its trail
    /// tells the one before the other.
    private static let settle = """
        UPDATE dead_letters d SET settled = $6, settled_at = k.locked_at, settled_by = $7
        FROM unnest(\(Self.keys), $5::timestamptz[]) AS k (topic, partition, record_offset, record_at, locked_at)
        WHERE d.topic = k.topic AND d.partition = k.partition AND d.record_offset = k.record_offset
          AND d.record_at = k.record_at
        """

    private static let keys = "$1::text[], $2::int4[], $3::int8[], $4::timestamptz[]"
    private static let acceptedAt = "coalesce(d.accepted_at, d.record_at)"

    public struct Outcome: Sendable {
        public var settled: [ListDeadLetters.Row] = []
        /// What could not be acted upon, and stays open.
        public var failed: [(row: ListDeadLetters.Row, reason: any Error)] = []
    }

    /// - Parameters:
    ///   - rows: no two of them the same; so many as `act` can do within the time that a transaction may be idle.
    ///   - operatorName: who did it, for the record.
    ///   - pool: it runs in a transaction of its own.
    ///   - act: publishes them again, say, and returns for each whether that is durable. A crash after it leaves the letters
    ///     open: replayed once more, they keep their ids, and the inbox takes them once (P2).
    /// - Returns: those that were open until now. The others are settled, or just being settled by somebody else, or
    ///   gone with an erased user.
    public static func run(
        _ rows: [ListDeadLetters.Row], as settlement: Settlement, by operatorName: String, on pool: PostgresPool,
        acting act: @Sendable ([FindDeadLetters.Letter]) async -> [Result<Void, any Error>] = {
            $0.map { _ in .success(()) }
        }
    ) async throws -> Outcome {
        try await pool.transaction { connection in
            let found = try await connection.query(PostgresStatement(Self.lock, Self.key(of: rows)))
            let letters = try found.map { (letter: try FindDeadLetters.Letter($0), at: try $0.instant("locked_at")) }
            guard !letters.isEmpty else { return Outcome() }
            var outcome = Outcome()
            var times: [Instant] = []
            for (one, result) in zip(letters, await act(letters.map(\.letter))) {
                switch result {
                case .success:
                    outcome.settled.append(one.letter.row)
                    times.append(one.at)
                case .failure(let reason): outcome.failed.append((one.letter.row, reason))
                }
            }
            guard !outcome.settled.isEmpty else { return outcome }
            _ = try await connection.query(
                PostgresStatement(
                    Self.settle,
                    Self.key(of: outcome.settled) + [
                        .instants(times), .text(settlement.rawValue), .text(operatorName),
                    ]))
            return outcome
        }
    }

    private static func key(of rows: [ListDeadLetters.Row]) -> [PostgresValue] {
        [
            .textArray(rows.map(\.origin.topic)), .int4Array(rows.map(\.origin.partition)),
            .int8Array(rows.map(\.origin.offset)), .instants(rows.map(\.recordAt)),
        ]
    }
}
