public import FoundationEssentials
public import Notifications
internal import Postgres

/// All tokens, revoked ones too, without what would let anybody use them.
public enum ListTokens {
    /// Index: none; the tables are small.
    private static let sql = """
        SELECT t.id, s.name, s.id AS service_id, t.scopes, t.event_types, t.requests_per_minute, t.created_at, t.revoked_at
        FROM tokens t JOIN services s ON s.id = t.service_id
        ORDER BY s.name, t.created_at
        """

    public struct Row: Sendable {
        public let id: UUID
        public let service: UUID
        public let serviceName: String
        public let scopes: [String]
        public let eventTypes: [String]?
        /// `nil` for the API's default.
        public let requestsPerMinute: Int32?
        public let createdAt: Instant
        public let revokedAt: Instant?
    }

    public static func run(on store: some Querying) async throws -> [Row] {
        try await store.query(PostgresStatement(Self.sql)).map { row in
            Row(
                id: try row.decode("id", as: UUID.self), service: try row.decode("service_id", as: UUID.self),
                serviceName: try row.decode("name", as: String.self),
                scopes: try row.decode("scopes", as: [String].self),
                eventTypes: try row.decode("event_types", as: [String]?.self),
                requestsPerMinute: try row.decode("requests_per_minute", as: Int32?.self),
                createdAt: try row.instant("created_at"), revokedAt: try row.optionalInstant("revoked_at"))
        }
    }
}
