import Foundation
import Notifications
import TestSupport
import Testing

/// Links that are taken lead where they seem to lead, by Chromium's own reading of URLs.
@Suite struct ActionURLTests {
    private static let pieces = [
        "https://", "http://", "HTTPS://", "https:", "/", "/", "//", "\\", "example.com", "evil.example", "127.0.0.1",
        "0x7f.1", "[::1]", ":", "443", "80", "@", "?", "#", ".", "..",
        "%2e", "%2F", "%40", "%", "a", "é", "。", "\t", " ", "&", "=", ";", ",", "'", "<", "javascript:", "data:",
        "xn--a", "*", "-", "_", "[", "]", "1", "\u{AD}", "\u{212A}",
    ]

    @Test("20,000 links at random: Chromium goes to the host that is named, or stays on the site")
    func chromiumAgrees() async throws {
        print("ActionURLTests: seed \(MarkupFuzz.seed)")
        var random = SeededGenerator(seed: MarkupFuzz.seed)
        let starts = ["https://example.com", "https://", "/", "http://a.b"]
        let texts = (0..<20_000).map { _ in
            starts[Int.random(in: starts.indices, using: &random)] + random.markup(of: Self.pieces, upTo: 6)
        }
        let taken = texts.compactMap { text in ActionURL(text).map { [text, $0.host ?? ""] } }
        #expect(taken.count > 500, "only \(taken.count) were taken")
        let json = String(decoding: try JSONEncoder().encode(taken), as: UTF8.self)
        let wrong = try await withBrowser { browser in
            try await browser.open("about:blank")
            return try await browser.run(
                """
                const site = 'https://notifi.example';
                return JSON.parse(arguments[0]).filter(([text, host]) => {
                    // A host that is no host, such as xn--a, leads nowhere.
                    if (!URL.canParse(text, site + '/inbox/')) return host === '' || !host.includes('xn--');
                    const url = new URL(text, site + '/inbox/');
                    if (host === '') return url.origin !== site || url.pathname.startsWith('//');
                    const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
                    const isSame = url.hostname === host || host.startsWith('[');
                    return !isWeb || !isSame || url.username !== '' || url.password !== '';
                });
                """, .string(json), as: [[String]].self)
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(10))")
    }
}
