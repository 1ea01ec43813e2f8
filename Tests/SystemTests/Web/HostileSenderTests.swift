import TestSupport
import Testing

@testable import Harness

extension EndToEnd.Web {
    /// What the API would never store, straight into the client: it has to be inert by itself (P7).
    @Suite
    struct HostileSenderTests {
        private static let markup = [
            "<script>window.ran = 1</script>", "<img src=x onerror='window.ran = 1'>",
            "<svg><animate onbegin='window.ran = 1' attributeName=x dur=1s></svg>", "</textarea><b>bold</b>",
            "javascript:/*--></title></style></textarea></script><svg/onload='window.ran = 1'>",
            "<style>* { display: none }</style>", "<a href='javascript:window.ran = 1'>click</a>", "&lt;i&gt; {{7*7}}",
        ]

        @Test("markup in any text of an answer makes no element and runs nothing", arguments: [false, true])
        func markup(inPanel: Bool) async throws {
            try await FakeInbox.run { fake, site in
                for text in Self.markup {
                    fake.add([
                        "message": .string(text), "title": .string(text), "event_type": .string(text),
                        "id": .string(text), "priority": .string(text), "data": ["x": .string(text)],
                    ])
                }
                try await withBrowser { browser in
                    let inbox = try await InboxElement.calm(browser)
                    try await browser.open("\(site)/\(inPanel ? "embed.html" : "")")
                    try await inbox.waitFor(messages: Self.markup.reversed())
                    if inPanel { try await inbox.click(".bell") }
                    let made = try await inbox.count(
                        ".item script, .item img, .item style, .item b, .item i, .item animate, .text a[href]")
                    #expect(made == 0)
                    for text in Self.markup {
                        let id = try await inbox.id(of: text)
                        #expect(id == text)
                    }
                    try await inbox.click("#tab-all")
                    try await inbox.click(".item [data-action='read']")
                    #expect(try await browser.run("return window.ran === undefined", as: Bool.self))
                    let severe = try await browser.consoleMessages().filter { $0.level == "SEVERE" }
                    #expect(severe.isEmpty, "\(severe)")
                    try await inbox.picture("hostile-\(inPanel ? "panel" : "page")")
                }
            }
        }

        @Test("an address becomes a link only if it is http, https or a path of this site; another host is named")
        func addresses() async throws {
            let refused = [
                "javascript:alert(1)", " javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)",
                "data:text/html,<script>alert(1)</script>", "vbscript:x", "file:///etc/passwd", "blob:x",
                "//evil.example/x",
                "/\\evil.example/x", "/\t/evil.example", "https://user:word@evil.example/", "https://", "evil.example",
                "",
                "\u{1}https://evil.example", "https:evil.example", "view-source:https://evil.example",
                "ftp://evil.example/",
            ]
            try await FakeInbox.run { fake, site in
                for (index, address) in refused.enumerated() {
                    fake.add(["message": .string("refused \(index)"), "action_url": .string(address)])
                }
                fake.add(["message": "a number", "action_url": 7])
                fake.add(["message": "own path", "action_url": "/orders/7?x=<b>#y"])
                fake.add(["message": "own site", "action_url": .string("\(site)/orders/8")])
                fake.add(["message": "other", "action_url": "https://shop.example/a"])
                fake.add(["message": "lookalike", "action_url": "HTTP://аpple.example:8080/a"])
                try await withBrowser { browser in
                    let inbox = try await InboxElement.calm(browser)
                    try await browser.open(site)
                    try await inbox.waitFor(state: "ready")
                    let links: [[String]] = try await inbox.value(
                        """
                        [...inbox.querySelectorAll('.item')].flatMap((item) => {
                            const link = item.querySelector('a[href]');
                            if (link === null) return [];
                            return [[item.querySelector('.message').textContent, link.href, link.textContent.trim(),
                                link.target, link.rel]];
                        })
                        """)
                    let rel = "noopener noreferrer"
                    #expect(
                        links == [
                            [
                                "lookalike", "http://xn--pple-43d.example:8080/a",
                                "Open on xn--pple-43d.example:8080 (in a new tab)", "_blank", rel,
                            ],
                            ["other", "https://shop.example/a", "Open on shop.example (in a new tab)", "_blank", rel],
                            ["own site", "\(site)/orders/8", "Open", "", rel],
                            ["own path", "\(site)/orders/7?x=%3Cb%3E#y", "Open", "", rel],
                        ])
                }
            }
        }

        @Test("what is no notification, or of another shape, is left out and breaks nothing")
        func shapes() async throws {
            try await FakeInbox.run { fake, site in
                for broken: [String: ScriptValue] in [
                    ["id": 7], ["message": nil], ["message": ["a"]], ["seq": "9"], ["seq": 1.5], ["id": nil],
                ] { fake.add(broken) }
                fake.add([
                    "message": "odd", "title": ["a": 1], "event_type": 5, "priority": nil, "delivered_at": "yesterday",
                    "scheduled": "no", "due_at": 5,
                ])
                try await withBrowser { browser in
                    let inbox = try await InboxElement.calm(browser)
                    try await browser.open(site)
                    try await inbox.waitFor(messages: ["odd"])
                    let severe = try await browser.consoleMessages().filter { $0.level == "SEVERE" }
                    #expect(severe.isEmpty, "\(severe)")
                }
            }
        }
    }
}
