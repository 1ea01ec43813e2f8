import Operations

enum APISettings {
    static let host = Setting<String>("http.host", default: "127.0.0.1", help: "Address on which the API is served.")
    static let port = Setting<Int>(
        "http.port", default: 8_080, range: 0...65_535, help: "Port of the same; 0 lets the system choose one.")
    static let publicOrigin = Setting<String?>(
        "http.public-origin",
        help: "Origin under which browsers reach the API, as https://notifi.example.com. Without it: that of the Host.")
    static let corsOrigins = Setting<[String]>(
        "http.cors-origins", help: "Origins of other sites whose pages may call the API.")
    static let idleTimeout = Setting<Duration>(
        "http.idle-timeout-seconds", seconds: 75, range: 1...3_600,
        help: "A connection on which nobody said anything for so long is closed.")
    static let tokenRequestsPerMinute = Setting<Int>(
        "http.token-requests-per-minute", default: 0, range: 0...1_000_000,
        help: "Requests of a service token in a calendar minute, where it has no limit of its own. 0: no limit.")
    static let pollInterval = Setting<Int>(
        "poll-interval-seconds", default: 30, range: 1...60,
        help: "Seconds between two looks of a web client, as X-Poll-Interval tells it; more under load.")
    static let inboxRequests = Setting<Int>(
        "http.inbox-requests-per-minute", default: 120, range: 1...100_000,
        help: "Requests that a person has in a calendar minute, on all replicas together; a 304 is not counted.")
    static let inboxCacheUsers = Setting<Int>(
        "http.inbox-cache-users", default: 200_000, range: 2...10_000_000,
        help: "How many users' polls can be answered from memory, at about 100 bytes each.")
    static let inboxCacheSeconds = Setting<Int>(
        "http.inbox-cache-seconds", default: 600, range: 1...3_600,
        help: "Seconds after which Postgres is asked again, though Kafka told of no change.")

    static let actionHosts = Setting<[String]>(
        "content.action-hosts",
        help: "Hosts that action_url may lead to, as example.com or *.example.com; without any, every host.")

    static let sessionSecret = Setting<Secret?>(
        secret: "session.jwt.secret", help: "Secret of at least 32 bytes that signs people's sessions (HS256).")
    static let sessionJWKSFile = Setting<String?>(
        "session.jwt.jwks-file", help: "File with the public keys (JWKS) that sign people's sessions.")
    static let sessionJWKSURL = Setting<String?>(
        "session.jwt.jwks-url", help: "https URL of those keys; read at the start and every five minutes.")
    static let sessionAlgorithm = Setting<SessionAlgorithm>(
        "session.jwt.algorithm", default: .hs256,
        help: "The one algorithm that is accepted. HS256 goes with the secret, the others with a JWKS.")
    static let sessionIssuer = Setting<String?>("session.jwt.issuer", help: "If set, the iss that a session must have.")
    static let sessionAudience = Setting<String?>(
        "session.jwt.audience", help: "If set, an aud that a session must have.")

    static let all: [any AnySetting] =
        Settings.common + Settings.kafka + Settings.postgres + LoadSettings.all + [
            Self.host, Self.port, Self.publicOrigin, Self.corsOrigins, Self.idleTimeout, Self.tokenRequestsPerMinute,
            Self.pollInterval, Self.inboxRequests, Self.actionHosts, Self.sessionSecret,
            Self.sessionJWKSFile, Self.sessionJWKSURL, Self.sessionAlgorithm, Self.sessionIssuer,
            Self.sessionAudience, PipelineSettings.shards, PipelineSettings.userLimit,
            PipelineSettings.topicRetentionDays, AuditSettings.file, Self.inboxCacheUsers, Self.inboxCacheSeconds,
        ]
}

/// The signature algorithms of RFC 7518 and RFC 8037 that a session may be signed with.
enum SessionAlgorithm: String, Sendable, CaseIterable {
    case hs256 = "HS256"
    case rs256 = "RS256"
    case es256 = "ES256"
    case edDSA = "EdDSA"
}
