import Testing

@testable import API

@Suite struct OriginPolicyTests {
    @Test(arguments: ["https://inbox.example", "HTTPS://Inbox.Example", "https://inbox.example/"])
    func thePublicOriginIsOwn(origin: String) {
        for configured in ["https://inbox.example", "https://inbox.example/", "HTTPS://INBOX.example"] {
            let policy = OriginPolicy(publicOrigin: configured, allowed: [])
            #expect(policy.isOwn(origin, host: "other.example"))
        }
    }

    @Test(arguments: [
        "http://inbox.example", "https://inbox.example:8443", "https://evil.example",
        "https://inbox.example.evil.example",
        "https://evil-inbox.example", "https://inbox.example@evil.example", "inbox.example", "null", "", "https://",
        "https://sub.inbox.example", "https://inbox.example/path", "https://inbox.example//",
    ])
    func otherOriginsAreNot(origin: String) {
        let policy = OriginPolicy(publicOrigin: "https://inbox.example", allowed: [])
        #expect(!policy.isOwn(origin, host: "inbox.example"))
        #expect(!policy.isOwn(origin, host: nil))
    }

    /// Browsers send it with every change, so its absence is no page of ours.
    @Test func noOriginIsNotOwn() {
        #expect(!OriginPolicy(publicOrigin: "https://inbox.example", allowed: []).isOwn(nil, host: "inbox.example"))
        #expect(!OriginPolicy(publicOrigin: nil, allowed: []).isOwn(nil, host: "inbox.example"))
    }

    /// With a public origin, the `Host` that somebody sends has no say.
    @Test func theHostDoesNotOverrideThePublicOrigin() {
        let policy = OriginPolicy(publicOrigin: "https://inbox.example", allowed: [])
        #expect(!policy.isOwn("https://evil.example", host: "evil.example"))
    }

    @Test func withoutAPublicOriginTheHostSays() {
        let policy = OriginPolicy(publicOrigin: nil, allowed: [])
        #expect(policy.isOwn("http://127.0.0.1:8080", host: "127.0.0.1:8080"))
        #expect(policy.isOwn("https://Inbox.example", host: "inbox.Example"))
        #expect(!policy.isOwn("http://127.0.0.1:8081", host: "127.0.0.1:8080"))
        #expect(!policy.isOwn("http://127.0.0.1", host: "127.0.0.1:8080"))
        #expect(!policy.isOwn("http://127.0.0.1:8080", host: nil))
        #expect(!policy.isOwn("http://", host: ""))
        #expect(!policy.isOwn("ftp://127.0.0.1:8080", host: "127.0.0.1:8080"))
        #expect(!policy.isOwn("null", host: "null"))
    }

    @Test func listedOnesMayReadAndChange() {
        let policy = OriginPolicy(
            publicOrigin: "https://inbox.example", allowed: ["https://App.example/", "http://localhost:3000"])
        for origin in ["https://app.example", "HTTPS://APP.EXAMPLE", "http://localhost:3000"] {
            #expect(policy.isAllowed(origin))
            #expect(policy.isOwn(origin, host: nil))
        }
        for origin in ["https://inbox.example", "http://app.example", "https://app.example:444", "*", "null", ""] {
            #expect(!policy.isAllowed(origin))
        }
    }

    @Test func nullCannotBeListed() {
        #expect(!OriginPolicy(publicOrigin: nil, allowed: ["null"]).isOwn("null", host: "inbox.example"))
    }
}
