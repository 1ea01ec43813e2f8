public import Notifications
internal import Postgres

/// What a user wants of each event type, by name.
public enum LoadPreferences {
    /// Index: the primary key of `preferences`, `(user_id, event_type)`; `event_types` is read whole, and is small.
    static let sql = """
        SELECT t.name, t.label, t.on_by_default, t.critical, t.disabled_at IS NOT NULL AS disabled, p.enabled
        FROM event_types t
        LEFT JOIN preferences p ON p.user_id = $1 AND p.event_type = t.name
        """

    private static let counted = """
        \(CountRequest.with(limit: 2))
        SELECT a.requests, a.seconds_left, e.*
        FROM allowance a LEFT JOIN LATERAL (\(Self.sql) WHERE a.requests IS NOT NULL) e ON true
        ORDER BY e.name
        """

    /// - Parameter requestsPerMinute: how many of them this user has; this is one.
    /// - Returns: every type, the disabled ones too.
    /// - Throws: `TooManyRequests`.
    public static func run(
        _ userID: String, requestsPerMinute: Int, on store: some Querying
    ) async throws -> (preferences: [Preference], allowance: RequestAllowance) {
        let rows = try await store.query(
            PostgresStatement(Self.counted, [.text(userID), .int8(Int64(requestsPerMinute))]))
        let allowance = try CountRequest.read(rows, limit: requestsPerMinute)
        return (try Self.read(rows), allowance)
    }

    /// Not counted, for the transaction of a request that is.
    static func run(_ userID: String, on connection: PostgresConnection) async throws -> [Preference] {
        try Self.read(
            try await connection.query(PostgresStatement("\(Self.sql) ORDER BY t.name", [.text(userID)])))
    }

    private static func read(_ rows: PostgresRows) throws -> [Preference] {
        try rows.compactMap { row in
            guard let name = try row.decode("name", as: String?.self) else { return nil }
            return Preference(
                type: EventType(
                    name: name, label: try row.decode("label", as: String.self),
                    isOnByDefault: try row.decode("on_by_default", as: Bool.self),
                    isCritical: try row.decode("critical", as: Bool.self),
                    isDisabled: try row.decode("disabled", as: Bool.self)),
                chosen: try row.decode("enabled", as: Bool?.self))
        }
    }
}
