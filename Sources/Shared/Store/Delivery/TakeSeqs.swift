public import Notifications
internal import Postgres

/// Locks the heads of these users and takes the next numbers of each.
///
/// Whoever writes a user's inbox holds this lock until its commit, so that numbers become visible in their order: a
/// reader who has seen 7 never finds a 6 later.
public enum TakeSeqs {
    /// Index: the primary key of `inbox_heads`, `(user_id)`. Sorted, so that two writers cannot deadlock.
    package static let sql = """
        WITH start AS MATERIALIZED (
            SELECT coalesce($2, (extract(epoch FROM clock_timestamp()) * 1000000)::int8) AS version)
        INSERT INTO inbox_heads AS h (user_id, version)
        SELECT n.user_id, (SELECT version FROM start) + count(*)
        FROM unnest($1::text[]) AS n (user_id) GROUP BY n.user_id ORDER BY n.user_id
        ON CONFLICT (user_id) DO UPDATE SET version = h.version + (excluded.version - (SELECT version FROM start))
        RETURNING h.user_id, h.version
        """

    /// - Parameters:
    ///   - users: one entry for each number wanted.
    ///   - now: a new head begins with its microseconds, not at 0: somebody who was erased and comes back never meets a
    ///     version, and with it an `ETag`, that they have had before. `nil`: Postgres' clock, by which the erasure left its
    ///     head as well. JavaScript's numbers hold it exactly.
    /// - Returns: each user's new version; the numbers are the last ones up to it. Users are told apart by their bytes, as
    ///   Postgres and Kafka do: to Swift two spellings of "é" are the same string.
    public static func run(
        _ users: [String], at now: Instant? = nil, on store: some Querying
    ) async throws -> [[UInt8]: Int64] {
        guard !users.isEmpty else { return [:] }
        let statement = PostgresStatement(Self.sql, [.textArray(users), .int8(now?.microseconds)])
        return try await store.query(statement).reduce(into: [:]) {
            $0[Array(try $1.decode("user_id", as: String.self).utf8)] = try $1.decode("version", as: Int64.self)
        }
    }
}
