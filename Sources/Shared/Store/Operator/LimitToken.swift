public import FoundationEssentials
internal import Postgres

/// Gives a token another limit. Running APIs honour it within 5 seconds.
public enum LimitToken {
    /// Index: the primary key of `tokens`, `(id)`.
    private static let sql = "UPDATE tokens SET requests_per_minute = $2 WHERE id = $1 RETURNING id"

    /// - Parameter requestsPerMinute: at least 1; `nil` for the API's default.
    /// - Returns: false where there is no such token.
    public static func run(_ id: UUID, to requestsPerMinute: Int32?, on store: some Querying) async throws -> Bool {
        try await !store.query(
            PostgresStatement(Self.sql, [.uuid(id), .int4(requestsPerMinute)])
        ).isEmpty
    }
}
