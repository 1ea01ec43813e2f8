internal import Postgres

/// Counts one request of a user in the current calendar minute, exactly, whatever the number of replicas.
public enum CountRequest {
    /// Whose requests a statement counts, as rows of `(user_id, place)`.
    enum Askers: String {
        /// `$1`, a text.
        case one = "(VALUES ($1::text, 1::int8))"
        /// `$1`, an array of texts, each once.
        case many = "unnest($1::text[]) WITH ORDINALITY"
    }

    /// The beginning of a statement that counts and does its work in one round trip: what follows joins `allowance`
    /// (`user_id`, `place`, `requests`, `seconds_left`), and does nothing where its `requests` is NULL.
    ///
    /// Index: the primary key of `inbox_requests`, `(user_id)`. The clock of Postgres decides, and the row's lock makes
    /// it exact; of many, the rows are locked in the order of their users, so that two statements never wait for each
    /// other. A request that waited for that lock over the end of a minute counts in the new one, which another has
    /// begun; a minute that is further ahead than that is of a clock that was put back. Over the limit nothing is
    /// written.
    ///
    /// - Parameter limit: the number of the parameter with the limit.
    static func with(limit: Int, of askers: Askers = .one) -> String {
        let isThisMinute = "r.minute BETWEEN excluded.minute AND excluded.minute + interval '1 minute'"
        return """
            WITH counted AS (
                INSERT INTO inbox_requests AS r (user_id, minute, requests)
                SELECT u.user_id, date_trunc('minute', clock_timestamp()), 1
                FROM \(askers.rawValue) u(user_id, place)
                ORDER BY u.user_id
                ON CONFLICT (user_id) DO UPDATE SET
                    minute = CASE WHEN \(isThisMinute) THEN r.minute ELSE excluded.minute END,
                    requests = CASE WHEN \(isThisMinute) THEN r.requests + 1 ELSE 1 END
                WHERE r.requests < $\(limit) OR NOT \(isThisMinute)
                RETURNING r.user_id, r.requests
            ), allowance AS MATERIALIZED (
                SELECT u.user_id, u.place, c.requests,
                    ceil(60 - extract(second FROM clock_timestamp()))::int8 AS seconds_left
                FROM \(askers.rawValue) u(user_id, place) LEFT JOIN counted c ON c.user_id = u.user_id
            )
            """
    }

    private static let sql = "\(Self.with(limit: 2)) SELECT a.requests, a.seconds_left FROM allowance a"

    /// - Parameter limit: at least 1.
    /// - Throws: `TooManyRequests`.
    public static func run(_ userID: String, limit: Int, on store: some Querying) async throws -> RequestAllowance {
        try Self.read(
            try await store.query(PostgresStatement(Self.sql, [.text(userID), .int8(Int64(limit))])), limit: limit)
    }

    /// - Throws: `TooManyRequests`.
    static func read(_ rows: some Collection<PostgresRow>, limit: Int) throws -> RequestAllowance {
        guard let row = rows.first else {
            throw PostgresError(code: .decoding, message: "a counted statement has a row")
        }
        let requests = try row.decode("requests", as: Int32?.self)
        let allowance = RequestAllowance(
            limit: limit, left: max(0, limit - Int(requests ?? .max)),
            secondsLeft: max(1, Int(try row.decode("seconds_left", as: Int64.self))))
        guard requests != nil else { throw TooManyRequests(allowance) }
        return allowance
    }
}
