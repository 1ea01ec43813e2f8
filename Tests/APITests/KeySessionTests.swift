import FoundationEssentials
import JWTKit
import Testing

@testable import API

@Suite struct KeySessionTests {
    private static let one = ES256PrivateKey()
    private static let two = ES256PrivateKey()
    private static let foreign = ES256PrivateKey()
    private static let keys = ["one": one, "two": two]

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
            try await refusal(self.signed(by: Self.foreign, kid: kid), by: sessions, .expiredOrForged)
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

    /// Configured for another one, even a good signature is not taken.
    @Test func theConfiguredAlgorithmCounts() async throws {
        try await withKeys(Self.keys, algorithm: "RS256") { sessions in
            try await refusal(self.signed(by: Self.one, kid: "one"), by: sessions, .wrongAlgorithm)
            try await refusal(
                self.signed(by: Self.one, kid: "one", algorithm: "RS256"), by: sessions, .expiredOrForged)
        }
    }

    @Test(arguments: ["", "AA", "____", String(repeating: "A", count: 86), String(repeating: "A", count: 4_000)])
    func signaturesThatAreNone(signature: String) async throws {
        try await withKeys(Self.keys) { sessions in
            let parts = try await self.signed(by: Self.one, kid: "one").split(separator: ".")
            try await refusal("\(parts[0]).\(parts[1]).\(signature)", by: sessions, .expiredOrForged)
        }
    }
}
