import FoundationEssentials
import HTTPTypes
import JWTKit
import Logging
import Operations
import Testing

@testable import API

/// What a session may say; each member may be missing.
struct Claims: JWTPayload {
    var sub: String? = "ann"
    var exp: Double? = inAnHour
    var nbf: Double?
    var iss: String?
    var aud: [String]?

    func verify(using _: some JWTAlgorithm) {}
}

let inAnHour = Date().timeIntervalSince1970 + 3_600
let anHourAgo = Date().timeIntervalSince1970 - 3_600

let secret = "a secret that has at least thirty-two bytes"

/// The settings of an API with these variables beside the ones that it cannot do without.
func settings(_ variables: [String: String]) throws -> Settings {
    let required = ["NOTIFI_KAFKA_BROKERS": "127.0.0.1:9092", "NOTIFI_POSTGRES_URL": "postgres://127.0.0.1/notifi"]
    return try Settings.load(APISettings.all, environment: required.merging(variables) { $1 })
}

/// Sessions with their keys loaded.
func sessions(_ variables: [String: String]) async throws -> Sessions {
    let sessions = try Sessions(
        settings: settings(variables), health: Health(),
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    try await sessions.prepare()
    return sessions
}

func secretSessions(_ more: [String: String] = [:]) async throws -> Sessions {
    try await sessions(["NOTIFI_SESSION_JWT_SECRET": secret].merging(more) { $1 })
}

/// A token signed with HMAC-SHA256, whatever its header says.
func token(_ claims: Claims = Claims(), secret: String = secret, header: JWTHeader = [:]) async throws -> String {
    try await JWTKeyCollection().add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256).sign(claims, header: header)
}

/// A public key as an item of a JWKS.
func jwk(_ kid: String, _ key: ES256PrivateKey, algorithm: String?) throws -> String {
    let point = try #require(key.parameters)
    let urlSafe = { (text: String) in Data(base64Encoded: text)?.base64URL ?? "" }
    let member = algorithm.map { #""alg":"\#($0)","# } ?? ""
    return """
        {"kty":"EC","crv":"P-256",\(member)"use":"sig","kid":"\(kid)","x":"\(urlSafe(point.x))",\
        "y":"\(urlSafe(point.y))"}
        """
}

/// Lends sessions that verify by these keys, from a file that is gone afterwards.
func withKeys(
    _ keys: [String], algorithm: String = "ES256", _ body: (Sessions) async throws -> Void
) async throws {
    try await withFile(#"{"keys":[\#(keys.joined(separator: ","))]}"#) { path in
        try await body(
            sessions(["NOTIFI_SESSION_JWT_JWKS_FILE": path, "NOTIFI_SESSION_JWT_ALGORITHM": algorithm]))
    }
}

/// Lends a file with this text, and removes it afterwards.
func withFile<Result>(_ text: String, _ body: (_ path: String) async throws -> Result) async throws -> Result {
    let file = FileManager.default.temporaryDirectory.appending(path: "notifi-\(UUID().uuidString).json")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try await body(file.path())
}

/// Why a token is refused; it always is with 401.
func refusal(_ token: String, by sessions: Sessions) async throws -> String? {
    let problem = try await #require(throws: Problem.self) { try await sessions.user(of: token) }
    #expect(problem.status == .unauthorized)
    #expect(problem.code == "unauthenticated")
    return problem.detail
}

func refusal(_ token: String, by sessions: Sessions, _ fault: SessionFault) async throws {
    #expect(try await refusal(token, by: sessions) == fault.description, "\(token)")
}
