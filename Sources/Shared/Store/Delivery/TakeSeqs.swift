public import Notifications
internal import Postgres

/// Locks the heads of these notifications' users and takes the next numbers of each; all but for what belongs to users who
/// were erased after it was accepted (`FindErased`), who get neither a number nor, thereby, a head.
///
/// Whoever writes a user's inbox holds this lock until its commit, so that numbers become visible in their order: a
/// reader who has seen 7 never finds a 6 later. Who was erased is looked up before the locks are waited for: one who is
/// erased meanwhile may be numbered, and then left out by `InsertInbox`.
public enum TakeSeqs {
    /// Index: the primary key of `erased_users`, `(user_hash)`, and that of `inbox_heads`, `(user_id)`. Sorted, so that two
    /// writers cannot deadlock.
    package static let sql = """
        WITH start AS MATERIALIZED (
            SELECT coalesce($3, (extract(epoch FROM clock_timestamp()) * 1000000)::int8) AS version
        ), met AS MATERIALIZED (
            SELECT n.user_id, n.place, \(ErasedUser.isNot("n.user_id", acceptedAt: "n.accepted_at")) AS stays
            FROM unnest($1::text[], $2::timestamptz[]) WITH ORDINALITY AS n (user_id, accepted_at, place)
        ), heads AS (
            INSERT INTO inbox_heads AS h (user_id, version)
            SELECT m.user_id, (SELECT version FROM start) + count(*)
            FROM met m WHERE m.stays GROUP BY m.user_id ORDER BY m.user_id
            ON CONFLICT (user_id) DO UPDATE SET version = h.version + (excluded.version - (SELECT version FROM start))
            RETURNING h.user_id, h.version
        )
        SELECT user_id, version, NULL::int4 AS erased FROM heads
        UNION ALL SELECT NULL, NULL, m.place::int4 FROM met m WHERE NOT m.stays
        """

    public struct Taken: Sendable, Hashable {
        /// Each user's new version; the numbers are the last ones up to it. Users are told apart by their bytes, as
        /// Postgres and Kafka do: to Swift two spellings of "é" are the same string.
        public var versions: [[UInt8]: Int64] = [:]
        /// The places of what belongs to erased users, and has no number.
        public var erased: Set<Int> = []
    }

    /// - Parameters:
    ///   - notifications: one for each number wanted.
    ///   - now: a new head begins with its microseconds, not at 0: somebody who was erased and comes back never meets a
    ///     version, and with it an `ETag`, that they have had before. `nil`: Postgres' clock, by which the erasure left its
    ///     head as well. JavaScript's numbers hold it exactly.
    public static func run(
        _ notifications: [Notification], at now: Instant? = nil, on store: some Querying
    ) async throws -> Taken {
        guard !notifications.isEmpty else { return Taken() }
        let statement = PostgresStatement(
            Self.sql,
            [
                .textArray(notifications.map(\.userID)), .instants(notifications.map(\.acceptedAt)),
                .int8(now?.microseconds),
            ])
        return try await store.query(statement).reduce(into: Taken()) { taken, row in
            if let place = try row.decode("erased", as: Int32?.self) {
                taken.erased.insert(Int(place) - 1)
            } else {
                let user = Array(try row.decode("user_id", as: String.self).utf8)
                taken.versions[user] = try row.decode("version", as: Int64.self)
            }
        }
    }
}
