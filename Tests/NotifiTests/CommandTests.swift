import ArgumentParser
import Crypto
import Foundation
import Testing

@testable import Notifi

@Suite struct CommandTests {
    @Test(arguments: [
        "up --port 0", "up --port 65536", "up --port x", "up --state-dir=", "up surplus", "nonsense",
        "topics create --partitions 0", "topics create --replication 0", "topics create --retention-hours 0",
        "token create", "token create --service=", "token create --service s --scopes fly",
        "token create --service s --scopes=", "token create --service s --event-types Not-Lower",
        "token create --service s --limit 0", "token create --service s --limit -1",
        "token create --service s --limit x", "token create --service s --limit 1000001", "token limit",
        "token limit 00000000-0000-4000-8000-000000000000", "token limit x 5",
        "token limit 00000000-0000-4000-8000-000000000000 0", "token limit 00000000-0000-4000-8000-000000000000 1.5",
        "token limit 00000000-0000-4000-8000-000000000000 None", "event-type disable", "event-type list x",
        "event-type add a.b --label", "token revoke not-a-uuid", "token revoke", "token user",
        "token user --user u --ttl 12", "token user --user=",
        "event-type add", "event-type add Upper", "event-type add a --critical --off-by-default",
        "send hello", "send --user u", "send --user u --data [1] hello", "send --user u --schedule +5x hello",
        "explain", "explain 12", "dead-letters list --limit 0", "user erase", "user erase --yes",
    ])
    func badInputIsRefused(line: String) {
        let arguments = line.split(separator: " ").map(String.init)
        #expect(throws: (any Error).self) { try NotifiCommand.parseAsRoot(arguments) }
    }

    @Test(arguments: [
        "up", "up --port 9000 --state-dir x", "migrate", "topics create", "topics list",
        "token create --service s --scopes send,read --event-types new_message", "token list",
        "token create --service s --scopes send,admin --limit 600", "token create --service s --limit none",
        "token limit 00000000-0000-4000-8000-000000000000 600",
        "token limit 00000000-0000-4000-8000-000000000000 none", "event-type add a --off-by-default",
        "token revoke 00000000-0000-4000-8000-000000000000", "token user --user u --ttl 15m",
        "event-type add a.b --label A --critical", "event-type list", "event-type disable a",
        "send --user u --schedule +90s hello", "explain 00000000-0000-4000-8000-000000000000", "dead-letters list",
        "user erase ann --yes",
    ])
    func goodInputIsTaken(line: String) throws {
        _ = try NotifiCommand.parseAsRoot(line.split(separator: " ").map(String.init))
    }

    @Test(arguments: [("90s", 90), ("15m", 900), ("12h", 43_200), ("365d", 31_536_000)])
    func lifetimesAreRead(text: String, seconds: Int64) throws {
        #expect(try Lifetime.read(text) == .seconds(seconds))
    }

    @Test(arguments: ["", "s", "0s", "-1s", "1w", "366d", "1.5h", "99999999999999999999d", "9223372036854775807d"])
    func otherLifetimesAreRefused(text: String) {
        #expect(throws: (any Error).self) { try Lifetime.read(text) }
    }

    @Test func limitsAreRead() throws {
        #expect(try RequestLimit.read("1").requestsPerMinute == 1)
        #expect(try RequestLimit.read("1000000").requestsPerMinute == 1_000_000)
        #expect(try RequestLimit.read("none").requestsPerMinute == nil)
    }

    /// Erasing people has to be asked for.
    @Test func adminIsNoScopeOfEveryToken() throws {
        #expect(!Scopes.all.contains("admin"))
        #expect(try Scopes.read("admin") == ["admin"])
    }

    @Test func scopesLoseBlanksAndRepetitions() throws {
        #expect(try Scopes.read("read, send,read") == ["read", "send"])
    }

    @Test func whatIsSentHasOnlyWhatWasGiven() throws {
        let command = try #require(
            try NotifiCommand.parseAsRoot(["send", "--user", "u", "--data", #"{"a":1}"#, "--schedule", "+90s", "hi"])
                as? SendCommand)
        let body = try command.body(now: Date(timeIntervalSince1970: 0))
        #expect(body["schedule"] as? String == "1970-01-01T00:01:30.000Z")
        #expect((body["data"] as? [String: Any])?["a"] as? Int == 1)
        #expect(Set(body.keys) == ["user_id", "event_type", "message", "data", "schedule"])
    }

    @Test func aTokenIsStoredAsItsHash() {
        let secret = ServiceSecret(text: "abc")
        let hex = secret.hash.map { String(format: "%02x", $0) }.joined()
        #expect(hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(ServiceSecret.make().text != ServiceSecret.make().text)
        #expect(ServiceSecret.make().text.count == "notifi_".count + 64)
    }

    private static let secret = String(repeating: "s", count: 32)

    @Test func aShortSecretIsRefused() async {
        await #expect(throws: CommandFailure.self) {
            try await UserToken.make(user: "u", lifetime: .seconds(60), secret: String(Self.secret.dropLast()))
        }
    }

    @Test func aSessionIsSignedWithTheSecret() async throws {
        let token = try await UserToken.make(
            user: "u", lifetime: .seconds(60), secret: Self.secret, now: Date(timeIntervalSince1970: 1000))
        let parts = token.split(separator: ".").map(String.init)
        try #require(parts.count == 3)
        let mac = HMAC<SHA256>.authenticationCode(
            for: Data("\(parts[0]).\(parts[1])".utf8), using: SymmetricKey(data: Data(Self.secret.utf8)))
        #expect(
            parts[2]
                == Data(mac).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: ""))
        let payload = parts[1].replacing("-", with: "+").replacing("_", with: "/")
        let padded = payload + String(repeating: "=", count: (4 - payload.count % 4) % 4)
        let claims = try JSONSerialization.jsonObject(with: #require(Data(base64Encoded: padded))) as? [String: Any]
        #expect(claims?["sub"] as? String == "u")
        #expect(claims?["exp"] as? Int == 1060)
    }

    @Test func aProblemIsShownWithItsFaults() {
        let body = #"{"code":"validation_failed","detail":"no","errors":[{"pointer":"/user_id","code":"required"}]}"#
        let answer = ServiceClient.Answer(status: 422, body: Data(body.utf8), retryAfter: nil)
        #expect(Problem.describe(answer) == "the API answered 422 validation_failed: no\n  /user_id: required")
        let other = ServiceClient.Answer(status: 502, body: Data("<html>".utf8), retryAfter: nil)
        #expect(Problem.describe(other) == "the API answered 502")
    }

    @Test func aClientNeedsAnAddressAndAToken() {
        for (url, token) in [(nil, "t"), ("ftp://x", "t"), ("nonsense", "t"), ("http://x", nil)] as [(String?, String?)]
        {
            #expect(throws: CommandFailure.self) { try ServiceClient(url: url, token: token) }
        }
    }

    @Test func columnsLineUp() {
        #expect(Table.text(["A", "B"], [["long", "x"], ["s", "y"]]) == "A     B\nlong  x\ns     y")
    }
}
