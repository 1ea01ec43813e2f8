import Notifications
import Testing

@Suite struct ActionURLTests {
    @Test(arguments: [
        "https://example.com", "http://example.com/", "HTTPS://EXAMPLE.COM/Path", "https://example.com:8443/a?b=c&d#e",
        "https://sub.example.co.uk/%20x", "https://[2001:db8::1]/", "http://127.0.0.1:3000/x", "/", "/orders/1",
        "/orders?id=1&next=https://example.com", "/a//b", "/#fragment", "/search?q=javascript:alert(1)",
        "https://münchen.example/straße", "/straße", "/a:b",
    ])
    func good(url: String) {
        #expect(ActionURL.isAllowed(url))
    }

    @Test(arguments: [
        "javascript:alert(1)", "JavaScript:alert(1)", "javascript://example.com/%0aalert(1)", "data:text/html,<b>x</b>",
        "vbscript:x", "file:///etc/passwd", "ftp://example.com/", "blob:https://example.com/1",
        "mailto:ann@example.com",
        "about:blank", "ws://example.com/", "view-source:https://example.com", "intent://example.com/",
    ])
    func otherSchemes(url: String) {
        #expect(!ActionURL.isAllowed(url))
    }

    /// A browser that stands on our page would go to another host.
    @Test(arguments: [
        "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
        "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "https:/\\evil.example", "https:\\\\evil.example",
        // A mark that joins the second slash is one character with it for Swift, and nothing at all for a browser.
        "//\u{FE0F}evil.example", "//\u{301}evil.example", "//\u{200D}evil.example", "//\u{E0100}evil.example",
    ])
    func pathsThatAreHosts(url: String) {
        #expect(!ActionURL.isAllowed(url))
    }

    @Test(arguments: [
        "", " ", "orders/1", "?a=b", "#a", ".", "../x", "example.com", "example.com/path", "https:", "https:/",
        "https://",
        "https:///path", "https:example.com", "https:/example.com", "://example.com", "http//example.com",
        "https://example.com:port/",
    ])
    func incomplete(url: String) {
        #expect(!ActionURL.isAllowed(url))
    }

    @Test(arguments: [
        " https://example.com", "https://example.com ", "https://exam ple.com", "/a b", "java\tscript:alert(1)",
        "java\nscript:alert(1)", "\u{1}javascript:alert(1)", "https://example.com/\0", "/a\u{7F}",
        "/\u{B}/evil.example",
        "https://example.com/\\x",
    ])
    func blanksAndControlCharacters(url: String) {
        #expect(!ActionURL.isAllowed(url))
    }

    @Test(arguments: [
        "https://ann@example.com/", "https://ann:pw@example.com/", "https://:pw@example.com/", "https://@example.com/",
        "https://example.com:x@evil.example/", "https://example.com%40evil.example@evil.example/",
    ])
    func userInformation(url: String) {
        #expect(!ActionURL.isAllowed(url))
    }

    /// No byte from 0 to 0x20, and no 0x7F, is let through anywhere.
    @Test func everyControlCharacterEverywhere() {
        for scalar in ((0...0x20) + [0x7F]).map({ Unicode.Scalar(UInt8($0)) }) {
            for base in ["/orders/1", "https://example.com/a"] {
                for place in 0...base.unicodeScalars.count {
                    var scalars = base.unicodeScalars
                    scalars.insert(scalar, at: scalars.index(scalars.startIndex, offsetBy: place))
                    #expect(!ActionURL.isAllowed(String(scalars)))
                }
            }
        }
    }
}
