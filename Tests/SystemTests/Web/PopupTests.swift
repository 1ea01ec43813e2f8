import Notifications
import TestSupport
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd.Undisturbed {
    /// Browser notifications, with the real API and a `Notification` that a test can see and click.
    @Suite
    struct PopupTests {
        /// Stands in for the browser's own, which shows nothing without a desktop. Kept where all tabs of a site see it.
        private static let stub = """
            if (location.protocol === 'http:') {
                window.asked = 0;
                window.popups = [];
                window.Notification = class {
                    static get permission() { return localStorage.getItem('permission') ?? 'default'; }
                    static async requestPermission() {
                        window.asked += navigator.userActivation.isActive ? 1 : 100;
                        localStorage.setItem('permission', window.answer ?? 'granted');
                        return Notification.permission;
                    }
                    constructor(title, options) {
                        Object.assign(this, { title, ...options });
                        window.popups.push(this);
                        const shown = JSON.parse(localStorage.getItem('shown') ?? '[]');
                        localStorage.setItem('shown', JSON.stringify([...shown, `${title}|${this.body}|${this.tag}`]));
                    }
                    close() { this.isClosed = true; }
                };
            }
            """

        private static let shown =
            "return window.popups.map((one) => `${one.title}|${one.body}|${one.tag}`)"

        @Test(
            "permission is asked for on a click alone; only what is new pops up, once for all tabs, and a click opens it"
        )
        func popups() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "popup")[0]
            let service = installation.service
            let old = try await service.send(Outgoing(to: user, "was there"))
            _ = try await service.record(of: old.id, in: "delivered")
            let page = try installation.page
            let link = try await installation.signInLink(of: user)
            try await withBrowser { browser in
                let inbox = try await InboxElement.calm(browser)
                let first = try await browser.tab
                try await browser.preload(Self.stub)
                try await browser.open(link)
                try await inbox.waitFor(messages: ["was there"])
                #expect(try await browser.run("return window.asked", as: Int.self) == 0)
                try await inbox.click("[data-action='settings']")
                try await inbox.click("#popups")
                try await inbox.wait("inbox.querySelector('#popups').checked")
                #expect(try await browser.run("return window.asked", as: Int.self) == 1, "once, by the click")
                try await inbox.click(".settings > button")

                // Seen as it comes, so nothing pops up.
                try await service.send(Outgoing(to: user, "watched"))
                try await inbox.waitFor(messages: ["watched", "was there"])
                #expect(try await browser.run(Self.shown, as: [String].self) == [])

                let second = try await browser.openTab()
                try await browser.preload(Self.stub)
                try await browser.open(page)
                try await inbox.waitFor(messages: ["watched", "was there"])
                // In front is a page of the same site without an inbox: looking at one of the tabs would bring it there.
                _ = try await browser.openTab()
                try await browser.open("\(page)style.css")
                var outgoing = Outgoing(to: user, "<b>Come</b> & see", title: "News")
                outgoing.actionURL = "/embed.html"
                let sent = try await service.send(outgoing)
                try await require("one popup", within: .seconds(30)) {
                    try await browser.run("return localStorage.getItem('shown') !== null", as: Bool.self)
                }
                for tab in [first, second] {
                    try await browser.look(at: tab)
                    try await inbox.wait("inbox.querySelectorAll('.item').length === 3", timeout: .seconds(20))
                }
                let shown = try await browser.run("return JSON.parse(localStorage.getItem('shown'))", as: [String].self)
                #expect(shown.count == 1, "in one of the tabs: \(shown)")
                let title = try #require(shown.first)
                #expect(title.hasPrefix("News|") && title.hasSuffix("|\(sent.id)"))

                // Whichever showed it is the one that is clicked.
                var tab = first
                try await browser.look(at: first)
                if try await browser.run(Self.shown, as: [String].self).isEmpty { tab = second }
                try await browser.look(at: tab)
                try await browser.run(
                    "window.focus = () => sessionStorage.setItem('focused', 'yes'); window.popups[0].onclick()")
                try await browser.wait(until: "location.pathname === '/embed.html'")
                #expect(try await browser.run("return sessionStorage.getItem('focused')", as: String?.self) == "yes")
                _ = try await service.record(of: sent.id, in: "read", within: .seconds(10))
            }
        }

        @Test("where they are refused, it says so; where there are none, they are not offered")
        func denied() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "denied")[0]
            let page = try installation.page
            let link = try await installation.signInLink(of: user)
            try await withBrowser { browser in
                let inbox = try await InboxElement.calm(browser)
                try await browser.preload(Self.stub)
                try await browser.open(link)
                try await inbox.waitFor(state: "empty")
                try await browser.run("window.answer = 'denied'")
                try await inbox.click("[data-action='settings']")
                try await inbox.click("#popups")
                try await inbox.wait("!inbox.querySelector('#popups-hint').hidden")
                #expect(try await inbox.text("#popups-hint").contains("blocks"))
                #expect(try await inbox.value("inbox.querySelector('#popups').checked", as: Bool.self) == false)
                #expect(try await inbox.element("#popups").attribute("aria-disabled") == "true")
                try await inbox.pictures("page-popups-denied")

                try await browser.preload("delete window.Notification")
                try await browser.open(page)
                try await inbox.waitFor(state: "empty")
                try await inbox.click("[data-action='settings']")
                try await inbox.waitFor("#popups-hint", says: "This browser does not offer them here.")
            }
        }
    }
}
