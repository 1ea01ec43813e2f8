import FoundationEssentials
import JWTKit
import Testing

@testable import API

@Suite struct KeySessionTests {
    private static let one = ES256PrivateKey()
    private static let two = ES256PrivateKey()
    private static let foreign = ES256PrivateKey()
    private static let keys: [String] = {
        [("one", one), ("two", two)].compactMap { try? jwk($0, $1, algorithm: "ES256") }
    }()

    private func signed(
        _ claims: Claims = Claims(), by key: ES256PrivateKey, kid: String?, algorithm: String? = nil
    ) async throws -> String {
        var header = JWTHeader()
        header.fields["kid"] = kid.map { .string($0) }
        header.fields["alg"] = algorithm.map { .string($0) }
        return try await JWTKeyCollection().add(ecdsa: key).sign(claims, header: header)
    }

    @Test func eachKeyOfTheFileIsGood() async throws {
        try await withKeys(Self.keys) { sessions in
            let users = [
                try await sessions.user(of: self.signed(by: Self.one, kid: "one")),
                try await sessions.user(of: self.signed(Claims(sub: "bob"), by: Self.two, kid: "two")),
            ]
            #expect(users == ["ann", "bob"])
        }
    }

    @Test func theKidOfAnotherKey() async throws {
        try await withKeys(Self.keys) { sessions in
            try await refusal(self.signed(by: Self.one, kid: "two"), by: sessions, .expiredOrForged)
            try await refusal(self.signed(by: Self.two, kid: "one"), by: sessions, .expiredOrForged)
        }
    }

    @Test(arguments: ["one", "two", "three", "", nil])
    func aForeignKey(kid: String?) async throws {
        try await withKeys(Self.keys) { sessions in
            let fault: SessionFault = kid == "three" || kid == "" ? .unknownKey : .expiredOrForged
            try await refusal(self.signed(by: Self.foreign, kid: kid), by: sessions, fault)
        }
    }

    /// A good signature by the set's first key, under a name that the set does not have.
    @Test(arguments: ["three", "ONE", ""])
    func anUnknownKid(kid: String) async throws {
        try await withKeys(Self.keys) { sessions in
            try await refusal(self.signed(by: Self.one, kid: kid), by: sessions, .unknownKey)
        }
    }

    @Test func withoutAKidTheFirstKeyIsTried() async throws {
        try await withKeys(Self.keys) { sessions in
            let user = try await sessions.user(of: self.signed(by: Self.one, kid: nil))
            #expect(user == "ann")
        }
    }

    @Test func expired() async throws {
        try await withKeys(Self.keys) { sessions in
            let old = try await self.signed(Claims(exp: anHourAgo), by: Self.one, kid: "one")
            try await refusal(old, by: sessions, .expiredOrForged)
            let endless = try await self.signed(Claims(exp: nil), by: Self.one, kid: "one")
            try await refusal(endless, by: sessions, .expiredOrForged)
        }
    }

    /// The classic: what is public is taken for the secret of an HMAC.
    @Test(arguments: ["HS256", "ES256"])
    func thePublicKeyAsSecret(algorithm: String) async throws {
        try await withKeys(Self.keys) { sessions in
            let pem = Self.one.publicKey.pemRepresentation
            let point = try #require(Self.one.parameters)
            for text in [pem, pem + "\n", point.x + point.y] {
                let forged = try await token(
                    secret: text, header: ["kid": .string("one"), "alg": .string(algorithm)])
                try await refusal(
                    forged, by: sessions, algorithm == "HS256" ? .wrongAlgorithm : .expiredOrForged)
            }
        }
    }

    @Test(arguments: ["none", "HS256", "RS256", "ES384", "es256"])
    func anotherAlgorithm(name: String) async throws {
        try await withKeys(Self.keys) { sessions in
            let other = try await self.signed(by: Self.one, kid: "one", algorithm: name)
            try await refusal(other, by: sessions, .wrongAlgorithm)
            try await refusal(
                other.split(separator: ".").prefix(2).joined(separator: ".") + ".", by: sessions, .wrongAlgorithm)
        }
    }

    /// A key of another algorithm that lies in the same file is none of ours, whatever the token calls itself.
    @Test(arguments: [true, false])
    func keysOfAnotherAlgorithmAreLeftOut(isNamed: Bool) async throws {
        let elliptic = try jwk("one", Self.one, algorithm: isNamed ? "ES256" : nil)
        let other = #"{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","kid":"two","x":"\#(Self.edwardsX)"}"#
        try await withKeys([elliptic, other], algorithm: "EdDSA") { sessions in
            for kid in ["one", "two", nil] {
                try await refusal(
                    self.signed(by: Self.one, kid: kid, algorithm: "EdDSA"), by: sessions,
                    kid == "one" ? .unknownKey : .expiredOrForged)
                try await refusal(self.signed(by: Self.one, kid: kid), by: sessions, .wrongAlgorithm)
            }
        }
    }

    /// Identity providers list keys there that this program does not know.
    @Test func foreignKeysDoNotMatter() async throws {
        let keys = [
            #"{"kty":"RSA","use":"enc","alg":"RSA-OAEP-256","kid":"enc","n":"AQAB","e":"AQAB"}"#,
            #"{"kty":"oct","kid":"secret","k":"c2VjcmV0"}"#, try jwk("one", Self.one, algorithm: nil),
        ]
        try await withKeys(keys) { sessions in
            let user = try await sessions.user(of: self.signed(by: Self.one, kid: "one"))
            #expect(user == "ann")
        }
    }

    /// RFC 8037 appendix A.2.
    private static let edwardsX = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"

    @Test(arguments: ["", "AA", "____", String(repeating: "A", count: 86), String(repeating: "A", count: 4_000)])
    func signaturesThatAreNone(signature: String) async throws {
        try await withKeys(Self.keys) { sessions in
            let parts = try await self.signed(by: Self.one, kid: "one").split(separator: ".")
            try await refusal("\(parts[0]).\(parts[1]).\(signature)", by: sessions, .expiredOrForged)
        }
    }
}
