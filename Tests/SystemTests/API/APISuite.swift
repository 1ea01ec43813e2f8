import Foundation
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd {
    /// What the API answers, route by route, and how the daemons behave as processes. All of it shares one
    /// installation, and one more API that is configured as strictly as possible.
    @Suite(.apiInstallation)
    enum API {}
}

struct APIInstallationTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withoutActuallyEscaping(function) { function in
            try await withInstallation { installation in
                try await withOwnAPI(beside: installation, StrictAPI.variables) { api in
                    try await Installation.$current.withValue(installation) {
                        try await StrictAPI.$current.withValue(StrictAPI(api: api)) { try await function() }
                    }
                }
            }
        }
    }
}

extension Trait where Self == APIInstallationTrait {
    static var apiInstallation: Self { Self() }
}

/// One more API of an installation, configured as a test wants it.
struct OwnAPI: Sendable {
    let process: DaemonProcess
    let http: HTTPClient
}

/// Starts an API with these variables, besides those that name brokers and database, and ends it after `body`.
func withOwnAPI<Success: Sendable>(
    beside installation: Installation, _ variables: [String: String],
    _ body: @escaping @Sendable (OwnAPI) async throws -> Success
) async throws -> Success {
    try await withFolder { folder in
        let environment = ["NOTIFI_POSTGRES_URL": installation.database.server.url, "NOTIFI_HTTP_PORT": "0"]
            .merging(installation.brokers.environment) { $1 }.merging(variables) { $1 }
        let host = ProcessHost()
        let process = DaemonProcess(
            .api, number: 9, programs: try Programs.folder(), folder: folder, environment: environment, host: host)
        return try await withBackground({ await host.run() }) {
            try await process.start()
            try await process.waitUntilReady()
            let http = HTTPClient(port: try #require(try process.ports.http))
            let issues = Trouble.count
            do {
                let result = try await body(OwnAPI(process: process, http: http))
                await http.close()
                if Trouble.count > issues { print(process.logTail()) }
                return result
            } catch {
                print(process.logTail())
                throw error
            }
        }
    }
}

/// A folder of its own for the time of `body`, with its path.
func withFolder<Success>(_ body: (String) async throws -> Success) async throws -> Success {
    let folder = FileManager.default.temporaryDirectory.appending(path: "notifi-api-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer {
        // What cannot be removed lies in the temporary folder and is of no harm.
        try? FileManager.default.removeItem(at: folder)
    }
    return try await body(folder.path(percentEncoded: false))
}

/// The API that has everything configured: origins, issuer and audience of sessions, and the most talkative log.
struct StrictAPI: Sendable {
    @TaskLocal static var current: StrictAPI?

    static var shared: StrictAPI {
        get throws { try #require(Self.current, "the suite has no strict API") }
    }

    static let secret = RandomText.make()
    static let issuer = "https://id.example"
    static let audience = "notifi"
    static let publicOrigin = "https://inbox.example"
    static let listedOrigin = "https://app.example"

    static let variables = [
        "NOTIFI_SESSION_JWT_SECRET": Self.secret, "NOTIFI_SESSION_JWT_ISSUER": Self.issuer,
        "NOTIFI_SESSION_JWT_AUDIENCE": Self.audience, "NOTIFI_HTTP_PUBLIC_ORIGIN": Self.publicOrigin,
        // The slash and the capital are slips that must not matter.
        "NOTIFI_HTTP_CORS_ORIGINS": "\(Self.listedOrigin),https://Other.example/", "NOTIFI_POLL_INTERVAL_SECONDS": "7",
        "NOTIFI_LOG_LEVEL": "trace", "NOTIFI_LOG_FORMAT": "json",
    ]

    let api: OwnAPI

    var http: HTTPClient { self.api.http }

    /// A session that it takes.
    func session(of userID: String) async throws -> String {
        try await TestSession(sub: userID).signed(by: Self.secret)
    }
}
