public import Notifications
public import Postgres

/// Stores what a user chose: all of it, or nothing.
public enum PutPreferences {
    /// Index: the primary key of `preferences`, `(user_id, event_type)`. Sorted, so that two writers cannot deadlock.
    private static let sql = """
        INSERT INTO preferences AS p (user_id, event_type, enabled)
        SELECT $1, n.event_type, n.enabled
        FROM unnest($2::text[], $3::bool[]) AS n (event_type, enabled)
        ORDER BY n.event_type
        ON CONFLICT (user_id, event_type) DO UPDATE SET enabled = excluded.enabled, changed_at = clock_timestamp()
            WHERE p.enabled <> excluded.enabled
        """

    /// - Parameters:
    ///   - requestsPerMinute: how many of them this user has; this is one.
    ///   - pool: it runs in a transaction of its own.
    /// - Returns: what holds from now on.
    /// - Throws: `Faults` where a change is not possible, and then nothing was changed; `TooManyRequests`.
    public static func run(
        _ changes: PreferenceChanges, of userID: String, requestsPerMinute: Int, on pool: PostgresPool
    ) async throws -> (preferences: [Preference], allowance: RequestAllowance) {
        let (outcome, allowance) = try await pool.transaction { connection in
            // It locks the user's row of requests, so that two of one user come one after the other, and the second
            // looks at what the first has stored.
            let allowance = try await CountRequest.run(userID, limit: requestsPerMinute, on: connection)
            var preferences = try await LoadPreferences.run(userID, on: connection)
            let chosen: [PreferenceChanges.Change]
            do throws(Faults) {
                chosen = try changes.decide(&preferences)
            } catch {
                // Not thrown in here: what is refused has been counted.
                return (Result<[Preference], Faults>.failure(error), allowance)
            }
            if !chosen.isEmpty {
                _ = try await connection.query(
                    PostgresStatement(
                        Self.sql,
                        [
                            .text(userID), .textArray(chosen.map(\.eventType)), .boolArray(chosen.map(\.isEnabled)),
                        ]))
            }
            return (.success(preferences), allowance)
        }
        return (try outcome.get(), allowance)
    }
}
