import Foundation
import JWTKit
import Subprocess
import Testing

@testable import Harness
@testable import Notifi

// MARK: - Configuration

extension EndToEnd.API.OperationsTests {
    /// The variables of a daemon, besides those of every daemon.
    private static let variables: [Daemon: [String]] = [
        .api: [
            "HTTP_HOST", "HTTP_PORT", "HTTP_PUBLIC_ORIGIN", "HTTP_CORS_ORIGINS", "HTTP_INBOX_CACHE_USERS",
            "HTTP_INBOX_CACHE_SECONDS", "POLL_INTERVAL_SECONDS", "CONTENT_ACTION_HOSTS",
            "SESSION_JWT_SECRET", "SESSION_JWT_JWKS_FILE", "SESSION_JWT_JWKS_URL", "SESSION_JWT_ALGORITHM",
            "SESSION_JWT_ISSUER", "SESSION_JWT_AUDIENCE", "OUTBOX_SHARDS",
            "INBOX_USER_LIMIT", "AUDIT_FILE", "HTTP_INBOX_REQUESTS_PER_MINUTE", "HTTP_TOKEN_REQUESTS_PER_MINUTE",
            "HTTP_IDLE_TIMEOUT_SECONDS", "KAFKA_TOPIC_RETENTION_DAYS", "HTTP_CONNECTIONS", "HTTP_BACKLOG",
            "HTTP_SENDS_AT_ONCE", "HTTP_BATCHES_AT_ONCE", "HTTP_BATCH_MEGABYTES_AT_ONCE", "HTTP_QUERIES_AT_ONCE",
            "HTTP_INBOX_QUERIES_AT_ONCE", "HTTP_INBOX_LOOKUPS_WAITING",
        ],
        .router: ["ROUTER_BATCH_SIZE", "OUTBOX_SHARDS", "KAFKA_LAG_LOOK_SECONDS"],
        .poller: ["POLLER_BATCH_SIZE", "OUTBOX_SHARDS"],
        .delivery: [
            "DELIVERY_BATCH_SIZE", "INBOX_USER_LIMIT", "INBOX_RETENTION_DAYS", "INBOX_RETENTION_LOOK_SECONDS",
            "OUTBOX_SHARDS", "KAFKA_TOPIC_RETENTION_DAYS", "KAFKA_LAG_LOOK_SECONDS",
        ],
    ]

    @Test("--help lists every key with type and default, and reads no configuration", arguments: Daemon.allCases)
    func help(_ daemon: Daemon) async throws {
        let own = try #require(Self.variables[daemon]).map { "NOTIFI_\($0)" }
        for argument in ["--help", "-h"] {
            let run = try await ProgramRun.daemon(daemon, arguments: [argument], ["NOTIFI_LOG_LEVEL": "nonsense"])
            #expect(run.status == .exited(0) && run.errors.isEmpty)
            let names = run.lines.filter { $0.hasPrefix("NOTIFI_") }
            #expect(
                Set(names) == Set(commonVariables + own), "\(Set(names).symmetricDifference(commonVariables + own))")
            #expect(names.count == Set(names).count)
            for (place, line) in run.lines.enumerated() where line.hasPrefix("NOTIFI_") {
                let entry = run.lines[(place + 1)...].prefix { !$0.hasPrefix("NOTIFI_") }
                for part in ["file key: ", "type: ", "default: "] {
                    #expect(entry.contains { $0.trimmingCharacters(in: .whitespaces).hasPrefix(part) }, "\(line)")
                }
            }
        }
        let version = try await ProgramRun.daemon(daemon, arguments: ["--version"])
        #expect(version.status == .exited(0) && version.lines.count == 1)
        let unknown = try await ProgramRun.daemon(daemon, arguments: ["--port", "1"])
        #expect(unknown.status == .exited(64) && unknown.lines.count == 1, "\(unknown.lines)")
    }

    @Test(
        "a configuration that cannot be used ends a daemon with 78 and a line for every fault",
        arguments: Daemon.allCases)
    func badConfiguration(_ daemon: Daemon) async throws {
        let run = try await ProgramRun.daemon(
            daemon,
            [
                "NOTIFI_LOG_LEVEL": "loud", "NOTIFI_ADMIN_PORT": "65536",
                "NOTIFI_KAFKA_SASL_PASSWORD": "broker-password",
                "NOTIFI_POSTGRES_POOL_SIZE": "many", "NOTIFI_KAFKA_SECURITY_PROTOCOL": "tls",
            ])
        #expect(run.status == .exited(78), "\(run.status)")
        let wanted = [
            "NOTIFI_KAFKA_BROKERS", "NOTIFI_POSTGRES_URL", "NOTIFI_LOG_LEVEL", "NOTIFI_ADMIN_PORT",
            "NOTIFI_POSTGRES_POOL_SIZE",
            "NOTIFI_KAFKA_SECURITY_PROTOCOL",
        ]
        #expect(run.lines.count == wanted.count, "\(run.lines)")
        for name in wanted {
            #expect(run.lines.count { $0.hasPrefix("\(daemon.executable): \(name) (") } == 1, "\(name): \(run.lines)")
        }
        #expect(!run.lines.joined().contains("broker-password"))
    }

    @Test("an API whose authentication is not configured, or not soundly, refuses to start with one clear line")
    func authenticationIsRequired() async throws {
        try await withFolder { folder in
            let garbage = "\(folder)/garbage.json"
            try Data("{".utf8).write(to: URL(filePath: garbage))
            let secret = RandomText.make()
            let bad: [(variables: [String: String], says: String)] = [
                ([:], "no authentication is configured"),
                (["SECRET": ""], "no authentication is configured"),
                (["SECRET": "only-thirty-one-bytes-long-xxxx"], "fewer than 32 bytes"),
                (["SECRET": secret, "JWKS_FILE": garbage], "more than one"),
                (["SECRET": secret, "ALGORITHM": "ES256"], "does not go with the keys"),
                (["JWKS_FILE": garbage], "does not go with the keys"),
                (["JWKS_FILE": garbage, "ALGORITHM": "ES256"], garbage),
                (["JWKS_FILE": "\(folder)/missing.json", "ALGORITHM": "ES256"], "missing.json"),
                (["JWKS_URL": "ftp://keys.example", "ALGORITHM": "ES256"], "is not an https URL"),
                (["JWKS_URL": "http://keys.example", "ALGORITHM": "ES256"], "is not an https URL"),
            ]
            for (variables, says) in bad {
                var environment = [
                    "NOTIFI_KAFKA_BROKERS": "127.0.0.1:1",
                    "NOTIFI_POSTGRES_URL": "postgres://notifi@127.0.0.1:1/notifi",
                    "NOTIFI_HTTP_PORT": "0",
                ]
                for (name, value) in variables { environment["NOTIFI_SESSION_JWT_\(name)"] = value }
                let run = try await ProgramRun.daemon(.api, environment)
                #expect(run.status == .exited(78), "\(variables.keys): \(run.status)")
                #expect(run.lines.count == 1 && run.lines[0].contains(says), "\(variables.keys): \(run.lines)")
                #expect(!run.lines.joined().contains(secret) && !run.lines.joined().contains("thirty-one"))
            }
        }
    }

    @Test(
        "hosts for links that are none end an API with 78 and one clear line",
        arguments: [
            "https://example.com", "example.com:443", "*", "a.*.example.com", "example.com,exa mple.com",
            "münchen.example",
        ])
    func badActionHosts(entries: String) async throws {
        let run = try await ProgramRun.daemon(
            .api,
            [
                "NOTIFI_KAFKA_BROKERS": "127.0.0.1:1", "NOTIFI_POSTGRES_URL": "postgres://notifi@127.0.0.1:1/notifi",
                "NOTIFI_HTTP_PORT": "0", "NOTIFI_SESSION_JWT_SECRET": RandomText.make(),
                "NOTIFI_CONTENT_ACTION_HOSTS": entries,
            ])
        #expect(run.status == .exited(78), "\(run.status)")
        let bad = String(entries.split(separator: ",").last ?? "")
        try #require(run.lines.count == 1, "\(run.lines)")
        #expect(run.lines[0].contains("NOTIFI_CONTENT_ACTION_HOSTS (content.action-hosts): expected hosts"))
        #expect(run.lines[0].contains(#"found \"\#(bad)\""#), "\(run.lines)")
    }

    @Test("an API with a JWKS takes ES256 sessions of its key, and none that is signed with what is public")
    func jwksFile() async throws {
        let installation = try Installation.shared
        let user = installation.users(1, "jwks")[0]
        let key = ES256PrivateKey()
        let parameters = try #require(key.publicKey.parameters)
        let point = [parameters.x, parameters.y].map {
            $0.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }
        let jwks =
            #"{"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","kid":"one","x":"\#(point[0])","y":"\#(point[1])"}]}"#
        try await withFolder { folder in
            let file = "\(folder)/jwks.json"
            try Data(jwks.utf8).write(to: URL(filePath: file))
            let variables = ["NOTIFI_SESSION_JWT_JWKS_FILE": file, "NOTIFI_SESSION_JWT_ALGORITHM": "ES256"]
            try await withOwnAPI(beside: installation, variables) { api in
                func unread(_ session: String) async throws -> HTTPAnswer {
                    try await api.http.ask("GET", "/api/notifications/unread", token: session)
                }
                let session = TestSession(sub: user)
                for kid in ["one", nil] {
                    let answer = try await unread(try await session.signed(by: key, kid: kid))
                    #expect(answer.status == 200, "kid \(kid ?? "none"): \(answer.text)")
                }
                try expectProblem(
                    try await unread(try await session.signed(by: ES256PrivateKey(), kid: "one")), 401,
                    "unauthenticated", "another key")
                try expectProblem(
                    try await unread(try await session.signed(by: ES256PrivateKey(), kid: "two")), 401,
                    "unauthenticated", "another key of another name")
                let expired = session.with { $0.exp = 1 }
                try expectProblem(
                    try await unread(try await expired.signed(by: key, kid: "one")), 401, "unauthenticated", "expired")
                // Whatever of it is public is no secret that signs (RFC 8725 section 2.1).
                let pem = key.publicKey.pemRepresentation
                for (what, secret) in [
                    ("PEM", pem), ("PEM and a line break", pem + "\n"), ("JWKS", jwks), ("x", point[0]),
                ] {
                    try expectProblem(
                        try await unread(try await session.signed(by: secret)), 401, "unauthenticated",
                        "HS256 with the \(what)")
                }
                try expectProblem(
                    try await unread(try session.unsigned(header: #"{"alg":"none","kid":"one"}"#)), 401,
                    "unauthenticated", "none")
                let good = try await session.signed(by: key, kid: "one").tokenParts
                let other = try session.with { $0.sub = "mallory" }.unsigned(
                    header: #"{"alg":"ES256","kid":"one"}"#, signature: good[2])
                try expectProblem(try await unread(other), 401, "unauthenticated", "another's signature")
            }
        }
    }
}
