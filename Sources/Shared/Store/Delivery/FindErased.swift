public import Notifications
internal import Postgres

/// Finds out what belongs to users who were erased after it was accepted.
public enum FindErased {
    /// Index: the primary key of `erased_users`, `(user_hash)`.
    package static let sql = """
        SELECT n.place::int4 AS place
        FROM unnest($1::text[], $2::timestamptz[]) WITH ORDINALITY AS n (user_id, accepted_at, place)
        WHERE NOT (\(ErasedUser.isNot("n.user_id", acceptedAt: "n.accepted_at")))
        """

    /// - Returns: the places of those, among these notifications.
    public static func run(_ notifications: [Notification], on store: some Querying) async throws -> Set<Int> {
        guard !notifications.isEmpty else { return [] }
        let rows = try await store.query(
            PostgresStatement(
                Self.sql,
                [.textArray(notifications.map(\.userID)), .instants(notifications.map(\.acceptedAt))]))
        return Set(try rows.map { Int(try $0.decode("place", as: Int32.self)) - 1 })
    }
}
