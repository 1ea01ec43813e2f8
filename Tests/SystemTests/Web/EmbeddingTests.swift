import Foundation
import Notifications
import TestSupport
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd.Undisturbed {
    /// The bell in a site of another origin, by bearer.
    @Suite
    struct EmbeddingTests {
        private static let site = "http://shop.example"

        /// A page of the shop, with a policy as strict as the documentation asks for.
        private static func page(_ notifi: String) -> WebAnswer {
            let html = """
                <!doctype html><html lang="en"><head><title>Shop</title>
                <script type="module" src="\(notifi)/notifi-inbox.js"></script></head>
                <body><main><h1>Shop</h1><notifi-inbox base-url="\(notifi)"></notifi-inbox></main></body></html>
                """
            return WebAnswer(
                200,
                [
                    "Content-Type": "text/html; charset=utf-8",
                    "Content-Security-Policy": "default-src 'none'; script-src \(notifi); connect-src \(notifi)",
                ], Array(html.utf8))
        }

        @Test("a page of another site imports the module and reads by bearer; a refused session is asked for again")
        func bearer() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "shop")[0]
            let secret = ServiceSecret.make().text
            let variables = [
                "NOTIFI_SESSION_JWT_SECRET": secret, "NOTIFI_HTTP_CORS_ORIGINS": Self.site,
                "NOTIFI_POLL_INTERVAL_SECONDS": "1",
            ]
            let session = try await UserToken.make(user: user, lifetime: .seconds(600), secret: secret)
            let sent = try await installation.service.send(Outgoing(to: user, "for the shop"))
            _ = try await installation.service.record(of: sent.id, in: "delivered")
            try await withOwnAPI(beside: installation, variables) { api in
                let notifi = "http://127.0.0.1:\(try api.process.ports.http ?? 0)"
                try await withWebServer(answering: { _ in Self.page(notifi) }) { port in
                    let map = "--host-resolver-rules=MAP shop.example 127.0.0.1:\(port)"
                    try await withBrowser(arguments: [map]) { browser in
                        let inbox = try await InboxElement.calm(browser)
                        try await browser.open(Self.site)
                        try await inbox.waitFor(state: "signed-out")
                        try await browser.run(
                            """
                            window.asked = 0;
                            document.querySelector('notifi-inbox').getSession =
                                async () => (window.asked += 1) === 1 ? 'expired' : arguments[0];
                            """.replacing("arguments[0]", with: "'\(session)'"))
                        try await inbox.waitFor(".badge", says: "1")
                        #expect(try await browser.run("return window.asked", as: Int.self) == 2)
                        try await inbox.click(".bell")
                        try await inbox.waitFor(messages: ["for the shop"])
                        try await inbox.expectAccessible("the bell in another site")
                        try await inbox.picture("bell-other-site")

                        try await inbox.click("[data-action='settings']")
                        try await inbox.wait("inbox.querySelector('[data-event-type=new_message]')?.checked")
                        try await inbox.click("[data-event-type='new_message']")
                        try await inbox.wait(
                            "inbox.querySelector('[data-event-type=new_message]').getAttribute('aria-disabled') === 'false'"
                        )
                        try await inbox.wait("inbox.querySelector('#type-new_message-error').hidden")
                        try await inbox.click(".settings > button")
                        try await inbox.click("read", of: "for the shop")
                        _ = try await installation.service.record(of: sent.id, in: "read", within: .seconds(10))
                        try await inbox.waitFor(state: "empty")
                    }
                }
            }
        }

        @Test(
            "every part of the module may be loaded by any site, names only parts that are there, and is asked for once"
        )
        func parts() async throws {
            let http = try await Installation.healthy.http
            var names = ["notifi-inbox.js", "notifi-inbox.d.ts"]
            var seen: Set<String> = []
            while let name = names.popLast() {
                guard seen.insert(name).inserted else { continue }
                let answer = try await http.send("GET", "/\(name)")
                #expect(answer.status == 200, "\(name)")
                #expect(answer.header("Access-Control-Allow-Origin") == "*", "\(name)")
                #expect(answer.header("Cross-Origin-Resource-Policy") == "cross-origin", "\(name)")
                let etag = try #require(answer.header("ETag"))
                let again = try await http.send("GET", "/\(name)", headers: ["If-None-Match": etag])
                #expect(again.status == 304 && again.body.isEmpty, "\(name)")
                names += answer.text.matches(of: /from "\.\/([a-z.-]+)"/).map { String($0.output.1) }
            }
            #expect(seen.count > 5)
            for page in ["/", "/embed.html", "/page.js"] {
                let answer = try await http.send("GET", page)
                #expect(answer.header("Access-Control-Allow-Origin") == nil)
                let policy = try #require(answer.header("Content-Security-Policy"))
                #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self';"))
                #expect(!policy.contains("unsafe"))
            }
        }

        @Test("texts and colours can be those of the site")
        func labels() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "labels")[0]
            let sent = try await installation.service.send(Outgoing(to: user, "Hallo"))
            _ = try await installation.service.record(of: sent.id, in: "delivered")
            let page = try installation.page
            let link = try await installation.signInLink(of: user)
            try await withBrowser { browser in
                let inbox = try await InboxElement.calm(browser)
                try await browser.open(link)
                try await inbox.waitFor(state: "ready")
                try await browser.open("\(page)embed.html")
                try await inbox.waitFor(".badge", says: "1")
                try await browser.run(
                    """
                    const element = document.querySelector('notifi-inbox');
                    element.labels = {
                        locale: 'de', heading: 'Postfach', justNow: 'gerade eben',
                        bellUnread: { one: '{count} neue Nachricht', other: '{count} neue Nachrichten' },
                    };
                    const sheet = new CSSStyleSheet();
                    sheet.replaceSync('notifi-inbox { --notifi-accent: rgb(1, 2, 3) } notifi-inbox::part(badge) { opacity: 0.5 }');
                    document.adoptedStyleSheets = [sheet];
                    """)
                try await inbox.wait("inbox.querySelector('.bell').getAttribute('aria-label') === '1 neue Nachricht'")
                try await inbox.click(".bell")
                try await inbox.waitFor(".item time", says: "gerade eben")
                #expect(try await inbox.text("#heading").hasPrefix("Postfach"))
                let looks: [String] = try await inbox.value(
                    "((style) => [style.opacity, getComputedStyle(inbox.querySelector('.tab[aria-selected=true]')).borderBottomColor])(getComputedStyle(inbox.querySelector('.badge')))"
                )
                #expect(looks == ["0.5", "rgb(1, 2, 3)"])
            }
        }
    }
}
