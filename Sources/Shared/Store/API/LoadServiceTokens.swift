public import FoundationEssentials
internal import Postgres

/// What a bearer token of a service may do.
public struct ServiceToken: Sendable, Hashable {
    public let id: UUID
    public let service: UUID
    public let serviceName: String
    public let scopes: Set<String>
    /// The event types that it may send; `nil` for all.
    public let eventTypes: Set<String>?
    /// The most that it may ask for in a minute; `nil` for the API's default.
    public let requestsPerMinute: Int32?

    public init(
        id: UUID, service: UUID, serviceName: String, scopes: Set<String>, eventTypes: Set<String>?,
        requestsPerMinute: Int32? = nil
    ) {
        self.id = id
        self.service = service
        self.serviceName = serviceName
        self.scopes = scopes
        self.eventTypes = eventTypes
        self.requestsPerMinute = requestsPerMinute
    }
}

/// All valid tokens, by the SHA-256 of the token.
public enum LoadServiceTokens {
    /// Index: none; the table is read whole, and is small.
    private static let sql = """
        SELECT t.id, t.hash, t.scopes, t.event_types, t.requests_per_minute, s.id AS service_id, s.name AS service_name
        FROM tokens t JOIN services s ON s.id = t.service_id
        WHERE t.revoked_at IS NULL
        """

    public static func run(on store: some Querying) async throws -> [[UInt8]: ServiceToken] {
        try await store.query(PostgresStatement(Self.sql)).reduce(into: [:]) { tokens, row in
            tokens[try row.decode("hash", as: [UInt8].self)] = ServiceToken(
                id: try row.decode("id", as: UUID.self), service: try row.decode("service_id", as: UUID.self),
                serviceName: try row.decode("service_name", as: String.self),
                scopes: Set(try row.decode("scopes", as: [String].self)),
                eventTypes: try row.decode("event_types", as: [String]?.self).map(Set.init),
                requestsPerMinute: try row.decode("requests_per_minute", as: Int32?.self))
        }
    }
}
