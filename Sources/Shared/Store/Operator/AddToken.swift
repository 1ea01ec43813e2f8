public import FoundationEssentials
public import Postgres

/// Gives a service another token, and makes the service where there is none of that name.
public enum AddToken {
    /// Index: the unique key of `services`, `(name)`.
    private static let service = """
        INSERT INTO services (name) VALUES ($1)
        ON CONFLICT (name) DO UPDATE SET name = excluded.name
        RETURNING id
        """

    /// Index: the unique key of `tokens`, `(hash)`.
    private static let token = """
        INSERT INTO tokens (service_id, hash, scopes, event_types, requests_per_minute) VALUES ($1, $2, $3, $4, $5)
        RETURNING id
        """

    /// - Parameters:
    ///   - hash: the SHA-256 of the token; the token itself is never stored.
    ///   - eventTypes: what it may send; `nil` for all.
    ///   - requestsPerMinute: at least 1; `nil` for the API's default.
    /// - Returns: the ids of the token and of its service.
    public static func run(
        serviceName: String, hash: [UInt8], scopes: [String], eventTypes: [String]?, requestsPerMinute: Int32? = nil,
        on pool: PostgresPool
    ) async throws -> (token: UUID, service: UUID) {
        try await pool.transaction { connection in
            let service = try await connection.query(PostgresStatement(Self.service, [.text(serviceName)]))[0]
                .decode("id", as: UUID.self)
            let token = try await connection.query(
                PostgresStatement(
                    Self.token,
                    [
                        .uuid(service), .bytea(hash), .textArray(scopes),
                        eventTypes.map { .textArray($0) } ?? .null, .int4(requestsPerMinute),
                    ])
            )[0].decode("id", as: UUID.self)
            return (token, service)
        }
    }
}
