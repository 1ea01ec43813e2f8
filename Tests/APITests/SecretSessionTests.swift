import FoundationEssentials
import JWTKit
import Testing

@testable import API

@Suite struct SecretSessionTests {
    @Test(arguments: ["ann", "é", "a b/c", String(repeating: "u", count: 128)])
    func aGoodOneNamesItsUser(user: String) async throws {
        #expect(try await secretSessions().user(of: token(Claims(sub: user))) == user)
    }

    @Test func whatElseItSaysDoesNotMatter() async throws {
        let claims = Claims(nbf: anHourAgo, iss: "https://id.example", aud: ["x"])
        #expect(try await secretSessions().user(of: token(claims)) == "ann")
        #expect(try await secretSessions().user(of: token(header: ["kid": .string("any")])) == "ann")
    }

    @Test func expired() async throws {
        try await refusal(token(Claims(exp: anHourAgo)), by: secretSessions(), .expiredOrForged)
        try await refusal(token(Claims(exp: 0)), by: secretSessions(), .expiredOrForged)
        try await refusal(token(Claims(exp: -1)), by: secretSessions(), .expiredOrForged)
    }

    @Test func withoutAnEnd() async throws {
        try await refusal(token(Claims(exp: nil)), by: secretSessions(), .expiredOrForged)
    }

    @Test func notYet() async throws {
        try await refusal(token(Claims(nbf: inAnHour)), by: secretSessions(), .expiredOrForged)
    }

    @Test func withoutAUser() async throws {
        try await refusal(token(Claims(sub: nil)), by: secretSessions(), .expiredOrForged)
        try await refusal(token(Claims(sub: "")), by: secretSessions(), .wrongUser)
        try await refusal(token(Claims(sub: String(repeating: "u", count: 129))), by: secretSessions(), .wrongUser)
        try await refusal(token(Claims(sub: String(repeating: "é", count: 65))), by: secretSessions(), .wrongUser)
        try await refusal(token(Claims(sub: "a\0")), by: secretSessions(), .wrongUser)
    }

    @Test func anotherSecret() async throws {
        let forged = try await token(secret: secret + "!")
        try await refusal(forged, by: secretSessions(), .expiredOrForged)
    }

    @Test func changedAfterSigning() async throws {
        let parts = try await token().split(separator: ".").map(String.init)
        let payload = Data(#"{"sub":"bob","exp":\#(inAnHour)}"#.utf8).base64URL
        let sessions = try await secretSessions()
        try await refusal("\(parts[0]).\(payload).\(parts[2])", by: sessions, .expiredOrForged)
        try await refusal("\(parts[0]).\(parts[1]).", by: sessions, .expiredOrForged)
        try await refusal("\(parts[0]).\(parts[1]).\(parts[2].dropLast(4))", by: sessions, .expiredOrForged)
    }

    /// Nothing that `crit` could name is known here, so whatever it is refused (RFC 7515 section 4.1.11).
    @Test(
        arguments: [.array([.string("exp")]), .array([.string("b64")]), .array([]), .null, .string("x")]
            as [JWTHeaderField])
    func aCriticalExtension(names: JWTHeaderField) async throws {
        let signed = try await token(header: ["crit": names])
        try await refusal(signed, by: secretSessions(), .unknownExtension)
    }

    /// The algorithm is ours to say (RFC 8725 section 3.1): not even a signature made with the secret helps.
    @Test(arguments: ["none", "None", "NONE", "RS256", "ES256", "EdDSA", "HS384", "HS512", "hs256", "HS256 ", ""])
    func anotherAlgorithm(name: String) async throws {
        let sessions = try await secretSessions()
        let signed = try await token(header: ["alg": .string(name)])
        try await refusal(signed, by: sessions, .wrongAlgorithm)
        let parts = signed.split(separator: ".")
        try await refusal("\(parts[0]).\(parts[1]).", by: sessions, .wrongAlgorithm)
    }

    @Test(arguments: [
        "", ".", "..", "...", "a", "a.b", "a.b.c", "a.b.c.d", "e30.e30.", "é.é.é", "{}.{}.{}", "bnVsbA.e30.x",
        "W10.e30.x",
        "eyJhbGciOjF9.e30.x", "eyJhbGciOm51bGx9.e30.x",
    ])
    func notATokenAtAll(text: String) async throws {
        try await refusal(text, by: secretSessions(), .notAToken)
    }

    @Test func issuerAndAudienceWhereConfigured() async throws {
        let sessions = try await secretSessions([
            "NOTIFI_SESSION_JWT_ISSUER": "https://id.example", "NOTIFI_SESSION_JWT_AUDIENCE": "notifi",
        ])
        let good = Claims(iss: "https://id.example", aud: ["other", "notifi"])
        #expect(try await sessions.user(of: token(good)) == "ann")
        for issuer in [nil, "", "https://id.example/", "https://evil.example"] as [String?] {
            try await refusal(token(Claims(iss: issuer, aud: ["notifi"])), by: sessions, .wrongIssuer)
        }
        for audience in [nil, [], ["Notifi"], ["other"]] as [[String]?] {
            try await refusal(token(Claims(iss: "https://id.example", aud: audience)), by: sessions, .wrongAudience)
        }
    }

    /// What is told about a fault must help nobody to make a token.
    @Test func refusalsDoNotTellTheSecret() async throws {
        let sessions = try await secretSessions()
        for text in ["a.b.c", try await token(secret: secret + "!"), try await token(Claims(exp: anHourAgo))] {
            #expect(try await refusal(text, by: sessions)?.contains(secret) == false)
        }
    }
}
