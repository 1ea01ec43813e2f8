import Notifications
import Testing

@Suite struct ActionURLTests {
    @Test(arguments: [
        "https://example.com", "http://example.com/", "HTTPS://EXAMPLE.COM/Path", "https://example.com:8443/a?b=c&d#e",
        "https://sub.example.co.uk/%20x", "https://[2001:db8::1]/", "http://127.0.0.1:3000/x", "/", "/orders/1",
        "/orders?id=1&next=https://example.com", "/a//b", "/#fragment", "/search?q=javascript:alert(1)",
        "https://xn--mnchen-3ya.example/straße", "/straße", "/a:b", "/?filter[state]=open", "/a#b[0]",
        "https://example.com.",
        "https://a_b.example/", "https://example.com?a", "https://example.com#a", "https://example.com:0/",
        "https://1.2.3.com/",
        "https://example.com/@ann/a@b:c", "https://[::]:65535", "https://[1:2:3:4:5:6:7:8]/", "/%E2%80%AE", "/漢字?é=ü#ö",
        "/a(1),b;c=d*e!f$g+h&i~j",
        "https://example.com/a/../b", "/a..b/...", "/.well-known/x",
    ])
    func good(url: String) {
        #expect(ActionURL(url) != nil)
    }

    @Test(arguments: [
        "javascript:alert(1)", "JavaScript:alert(1)", "javascript://example.com/%0aalert(1)", "data:text/html,<b>x</b>",
        "vbscript:x", "file:///etc/passwd", "ftp://example.com/", "blob:https://example.com/1",
        "mailto:ann@example.com",
        "about:blank", "ws://example.com/", "view-source:https://example.com", "intent://example.com/",
    ])
    func otherSchemes(url: String) {
        #expect(ActionURL(url) == nil)
    }

    /// A browser that stands on our page would go to another host.
    @Test(arguments: [
        "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
        "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "https:/\\evil.example", "https:\\\\evil.example",
        // A mark that joins the second slash is one character with it for Swift, and nothing at all for a browser.
        "//\u{FE0F}evil.example", "//\u{301}evil.example", "//\u{200D}evil.example", "//\u{E0100}evil.example",
    ])
    func pathsThatAreHosts(url: String) {
        #expect(ActionURL(url) == nil)
    }

    @Test(arguments: [
        "", " ", "orders/1", "?a=b", "#a", ".", "../x", "example.com", "example.com/path", "https:", "https:/",
        "https://",
        "https:///path", "https:example.com", "https:/example.com", "://example.com", "http//example.com",
        "https://example.com:port/",
    ])
    func incomplete(url: String) {
        #expect(ActionURL(url) == nil)
    }

    @Test(arguments: [
        " https://example.com", "https://example.com ", "https://exam ple.com", "/a b", "java\tscript:alert(1)",
        "java\nscript:alert(1)", "\u{1}javascript:alert(1)", "https://example.com/\0", "/a\u{7F}",
        "/\u{B}/evil.example",
        "https://example.com/\\x",
    ])
    func blanksAndControlCharacters(url: String) {
        #expect(ActionURL(url) == nil)
    }

    @Test(arguments: [
        "https://ann@example.com/", "https://ann:pw@example.com/", "https://:pw@example.com/", "https://@example.com/",
        "https://example.com:x@evil.example/", "https://example.com%40evil.example@evil.example/",
    ])
    func userInformation(url: String) {
        #expect(ActionURL(url) == nil)
    }

    @Test(
        arguments: [
            ("https://Example.COM/", "example.com"), ("http://example.com:80", "example.com"),
            ("https://[2001:DB8::1]:1/", "[2001:db8::1]"),
            ("https://1.2.3.4?x", "1.2.3.4"), ("https://example.com.#x", "example.com."), ("/a", nil),
            ("/?https://example.com", nil),
        ] as [(String, String?)])
    func hosts(url: String, host: String?) throws {
        #expect(try #require(ActionURL(url)).host == host)
    }

    /// A browser reads each of these as a host that is not what stands there, or refuses it.
    @Test(arguments: [
        "example%2ecom", "example%2Ecom", "ex%61mple.com", "example.com%00", "example.com%2f.evil.example",
        "münchen.example", "example。com", "ｅxample.com",
        "exam\u{AD}ple.com", "ex\u{200B}ample.com", "\u{212A}.example", "℀.example", "example..com", ".example.com",
        "example.com..", "127.1", "2130706433", "0x7f000001",
        "0x7f.0.0.1", "017700000001", "0177.0.0.1", "127.0.0.01", "127.0.0.1.", "256.0.0.1", "1.2.3.4.5", "a.1", "a.0x",
        "[::1", "::1", "[::1]x", "[fe80::1%25eth0]", "[::127.0.0.1]",
        "[1:2]", "[1::2::3]", "[:1]", "[12345::]", "[]", "[v1.a]", "a b", "a,b", "a;b", "a&b", "a=b", "a!b", "a'b",
        "(a)", "a*b", "a+b", "a~b", "$a", "example.com:", "example.com:x",
        "example.com:65536", "example.com:000443", "example.com:-1", "example.com:+1", "example.com:٣",
        "example.com:80:80",
    ])
    func oddHosts(host: String) {
        #expect(ActionURL("https://\(host)/") == nil)
    }

    @Test func longHosts() {
        let label = String(repeating: "a", count: 63)
        #expect(ActionURL("https://\(label).example/") != nil)
        #expect(ActionURL("https://a\(label).example/") == nil)
        let longest = [label, label, label].joined(separator: ".") + "." + String(repeating: "b", count: 61)
        #expect(longest.utf8.count == 253 && ActionURL("https://\(longest)/") != nil)
        #expect(ActionURL("https://\(longest)b/") == nil)
    }

    /// What could be markup, or is in no URL; percent-encoded it may be there.
    @Test(arguments: [
        "<", ">", "\"", "'", "`", "{", "}", "|", "^", "\\", "%", "%2x", "%g0", "%0g", "\u{80}", "\u{9F}", "\u{A0}",
        "\u{200B}", "\u{200F}", "\u{202E}", "\u{2028}", "\u{3000}",
        "\u{FEFF}", "\u{FFFE}", "\u{E000}", "\u{10FFFF}", "[", "]", "##",
    ])
    func otherCharacters(text: String) {
        #expect(ActionURL("/a\(text)b") == nil)
        #expect(ActionURL("https://example.com/a\(text)b") == nil)
        #expect(ActionURL("https://example.com\(text)") == nil)
        guard !["[", "]", "##"].contains(text) else { return }
        #expect(ActionURL("/a?b=\(text)") == nil)
        #expect(ActionURL("/a#\(text)") == nil)
    }

    /// A step up or a step on the spot leaves two slashes at the beginning, or could.
    @Test(arguments: [
        "/.//evil.example", "/..//evil.example", "/a/..//evil.example", "/%2e//evil.example", "/.%2E//evil.example",
        "/%2E%2e//evil.example", "/./evil.example", "/..", "/.", "/a/.", "/../?b",
    ])
    func steps(url: String) {
        #expect(ActionURL(url) == nil)
    }

    /// No byte from 0 to 0x20, and no 0x7F, is let through anywhere.
    @Test func everyControlCharacterEverywhere() {
        for scalar in ((0...0x20) + [0x7F]).map({ Unicode.Scalar(UInt8($0)) }) {
            for base in ["/orders/1", "https://example.com/a"] {
                for place in 0...base.unicodeScalars.count {
                    var scalars = base.unicodeScalars
                    scalars.insert(scalar, at: scalars.index(scalars.startIndex, offsetBy: place))
                    #expect(ActionURL(String(scalars)) == nil)
                }
            }
        }
    }
}
