import HTTPTypes
import Operations
import Testing

@testable import API

@Suite struct SessionConfigurationTests {
    private static let secretVariable = ["NOTIFI_SESSION_JWT_SECRET": secret]
    private static let file = ["NOTIFI_SESSION_JWT_JWKS_FILE": "/etc/notifi/keys.json"]
    private static let url = ["NOTIFI_SESSION_JWT_JWKS_URL": "https://id.example/keys"]

    private func keys(_ variables: [String: String]...) throws -> SessionKeys {
        try SessionKeys(settings: settings(variables.reduce(into: [:]) { $0.merge($1) { $1 } }))
    }

    private func error(_ variables: [String: String]...) -> SessionConfigurationError? {
        #expect(throws: SessionConfigurationError.self) {
            try SessionKeys(settings: settings(variables.reduce(into: [:]) { $0.merge($1) { $1 } }))
        }
    }

    /// Open to everybody is nothing that an API may be by default.
    @Test func withoutAnyItDoesNotStart() {
        #expect(self.error() == .nothing)
        #expect(self.error(["NOTIFI_SESSION_JWT_ALGORITHM": "ES256"]) == .nothing)
        #expect(self.error(["NOTIFI_SESSION_JWT_SECRET": ""]) == .nothing)
    }

    @Test func onlyOneSource() {
        #expect(self.error(Self.secretVariable, Self.file) == .several)
        #expect(self.error(Self.secretVariable, Self.url) == .several)
        #expect(self.error(Self.file, Self.url) == .several)
        #expect(self.error(Self.secretVariable, Self.file, Self.url) == .several)
    }

    @Test(arguments: [1, 31])
    func aShortSecret(bytes: Int) {
        let short = String(repeating: "s", count: bytes)
        #expect(self.error(["NOTIFI_SESSION_JWT_SECRET": short]) == .shortSecret)
    }

    @Test func aSecretIsMeasuredInBytes() throws {
        _ = try self.keys(["NOTIFI_SESSION_JWT_SECRET": String(repeating: "s", count: 32)])
        _ = try self.keys(["NOTIFI_SESSION_JWT_SECRET": String(repeating: "é", count: 16)])
    }

    @Test(arguments: ["RS256", "ES256", "EdDSA", "rs256"])
    func aSecretGoesWithHS256Alone(algorithm: String) {
        #expect(self.error(Self.secretVariable, ["NOTIFI_SESSION_JWT_ALGORITHM": algorithm]) == .wrongAlgorithm)
    }

    @Test func keysDoNotGoWithHS256() {
        #expect(self.error(Self.file) == .wrongAlgorithm)
        #expect(self.error(Self.url, ["NOTIFI_SESSION_JWT_ALGORITHM": "HS256"]) == .wrongAlgorithm)
    }

    @Test(arguments: ["RS256", "ES256", "EdDSA"])
    func keysGoWithTheOthers(algorithm: String) throws {
        let variable = ["NOTIFI_SESSION_JWT_ALGORITHM": algorithm]
        #expect(try self.keys(Self.file, variable).algorithm.rawValue == algorithm)
        #expect(try self.keys(Self.url, variable).algorithm.rawValue == algorithm)
    }

    @Test(arguments: ["none", "HS384", "PS256", "x"])
    func algorithmsThatAreNotTaken(algorithm: String) {
        #expect(throws: SettingsError.self) { try self.keys(Self.file, ["NOTIFI_SESSION_JWT_ALGORITHM": algorithm]) }
    }

    @Test(arguments: [
        "id.example/keys", "ftp://id.example/keys", "file:///etc/keys", "/etc/keys", "javascript:1",
        "http://id.example/keys",
    ])
    func badURLs(url: String) {
        #expect(
            self.error(["NOTIFI_SESSION_JWT_JWKS_URL": url, "NOTIFI_SESSION_JWT_ALGORITHM": "ES256"]) == .badURL)
    }

    /// A wrong file stops the start, and not the first session.
    @Test(arguments: ["", "nonsense", "{}", "[]", #"{"keys":[{"kty":"EC"}]}"#, #"{"keys":[{"kty":"EC","kid":"one"}]}"#])
    func badFiles(text: String) async throws {
        await #expect(throws: (any Error).self) {
            try await withFile(text) { path in
                try await sessions([
                    "NOTIFI_SESSION_JWT_JWKS_FILE": path, "NOTIFI_SESSION_JWT_ALGORITHM": "ES256",
                ])
            }
        }
    }

    @Test(arguments: [
        #"{"keys":[]}"#, #"{"keys":[{"kty":"oct","kid":"one","k":"c2VjcmV0"}]}"#,
        #"{"keys":[{"kty":"RSA","kid":"one","alg":"RS256","n":"AQAB","e":"AQAB"}]}"#,
        #"{"keys":[{"kty":"RSA","kid":"one","n":"AQAB","e":"AQAB"}]}"#, #"{"keys":[7,null,"x",{}]}"#,
    ])
    func filesWithoutAFittingKey(text: String) async throws {
        await #expect(throws: SessionConfigurationError.noKey) {
            try await withFile(text) { path in
                try await sessions([
                    "NOTIFI_SESSION_JWT_JWKS_FILE": path, "NOTIFI_SESSION_JWT_ALGORITHM": "ES256",
                ])
            }
        }
    }

    @Test func aMissingFile() async {
        await #expect(throws: (any Error).self) {
            try await sessions([
                "NOTIFI_SESSION_JWT_JWKS_FILE": "/nowhere/keys.json", "NOTIFI_SESSION_JWT_ALGORITHM": "ES256",
            ])
        }
    }

    /// While the keys of a URL were never read nobody comes in, and the answer is not that the session is bad.
    @Test func beforeTheKeysAreRead() async throws {
        let sessions = try await sessions(Self.url.merging(["NOTIFI_SESSION_JWT_ALGORITHM": "ES256"]) { $1 })
        let problem = try await #require(throws: Problem.self) { try await sessions.user(of: token()) }
        #expect(problem.status == .serviceUnavailable)
        #expect(problem.retryAfterSeconds == 1)
    }

    @Test func nothingIsSaidOfTheSecret() {
        for error in [.nothing, .several, .shortSecret, .badURL, .wrongAlgorithm, .noAnswer, .noKey]
            as [SessionConfigurationError]
        {
            #expect(!error.description.isEmpty)
            #expect(!error.description.contains(secret))
        }
    }
}
