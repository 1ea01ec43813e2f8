import Notifications
import Testing

@Suite struct AllowedHostsTests {
    @Test(arguments: [
        ("https://example.com/", true), ("https://EXAMPLE.com./x", true), ("http://example.com:8443", true),
        ("https://www.example.com/", false),
        ("https://example.com.evil.example/", false), ("https://evilexample.com/", false),
        ("https://example.co/", false), ("https://a.example.org/", true),
        ("https://a.b.Example.ORG.:1/x", true), ("https://example.org/", false), ("https://aexample.org/", false),
        ("https://a.example.org.evil.example/", false),
        ("https://127.0.0.1/", true), ("https://127.0.0.2/", false), ("https://[::1]:8080/", true),
        ("https://[::2]/", false), ("/orders/1", true), ("/?next=https://evil.example", true),
        ("https://evil.example/example.com", false), ("https://evil.example/#a.example.org", false),
        ("https://evil.example?example.com", false),
    ])
    func matching(url: String, isAllowed: Bool) throws {
        let hosts = try AllowedHosts(["Example.com.", "*.EXAMPLE.org", "127.0.0.1", "[::1]"])
        #expect(hosts.allow(try #require(ActionURL(url))) == isAllowed)
    }

    @Test func withoutEntriesEveryHost() throws {
        #expect(try AllowedHosts([]).allow(try #require(ActionURL("https://evil.example/"))))
    }

    @Test(arguments: [
        "", " ", ".", "*", "*.", "*.*.example.com", "a.*.example.com", "*example.com", "https://example.com",
        "example.com/", "example.com:443", "example..com", ".example.com", "ann@example.com",
        "exa mple.com", "münchen.example", "example.com, example.org", "256.1.1.1", "1.2.3", "0x7f.1", "*.127.0.0.1",
        "*.[::1]", "[::1", "::1", "[::g]", "example.com%2e", "-*.x",
    ])
    func badEntries(entry: String) throws {
        let error = #expect(throws: AllowedHosts.Entry.self) { try AllowedHosts(["example.com", entry]) }
        #expect(error?.text == entry)
    }
}
