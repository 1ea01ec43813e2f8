import Notifications
import TestSupport
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd.Undisturbed {
    /// Several tabs and several browsers of one person.
    @Suite
    struct TabsTests {
        /// Lets the other tabs of this site see what this one asks for and shows. Going to a tab would bring it to the
        /// front, where it asks by right.
        private static let report = """
            const real = window.fetch;
            localStorage.setItem('asked', 0);
            window.fetch = (...all) => {
                localStorage.setItem('asked', Number(localStorage.getItem('asked')) + 1);
                return real(...all);
            };
            const inbox = document.querySelector('notifi-inbox').shadowRoot;
            new MutationObserver(() => localStorage.setItem('shown', inbox.querySelector('.list').innerText))
                .observe(inbox, { subtree: true, childList: true, characterData: true });
            """

        private static let polls =
            "return performance.getEntriesByType('resource').filter((one) => one.name.includes('/api/inbox')).length"

        @Test("of two tabs one polls, and both show what is new; when it is closed the other takes over")
        func leader() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "tabs")[0]
            let page = try installation.page
            let link = try await installation.signInLink(of: user)
            try await withBrowser { browser in
                let inbox = try await InboxElement.calm(browser)
                let first = try await browser.tab
                try await browser.open(link)
                try await inbox.waitFor(state: "empty")
                try await browser.run(Self.report)
                _ = try await browser.openTab()
                try await browser.open(page)
                try await inbox.waitFor(state: "empty")
                try await require("the tab in front polls", within: .seconds(15)) {
                    try await browser.run(Self.polls, as: Int.self) >= 4
                }
                // What the other asked for before this one was opened does not count.
                try await browser.run("localStorage.setItem('asked', 0)")
                try await installation.service.send(Outgoing(to: user, "for both"))
                try await inbox.waitFor(messages: ["for both"])
                try await require("the tab behind shows it too", within: .seconds(10)) {
                    try await browser.run("return localStorage.getItem('shown') ?? ''", as: String.self).contains(
                        "for both")
                }
                #expect(
                    try await browser.run("return Number(localStorage.getItem('asked'))", as: Int.self) == 0,
                    "the tab behind asked for nothing")

                try await browser.closeTab(goingTo: first)
                try await installation.service.send(Outgoing(to: user, "to the one that is left"))
                try await inbox.waitFor(messages: ["to the one that is left", "for both"])
                #expect(try await browser.run("return Number(localStorage.getItem('asked'))", as: Int.self) > 0)
            }
        }

        @Test("what is marked in one tab is marked in the others at once; signing out signs all of them out")
        func marks() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "marks")[0]
            let page = try installation.page
            for message in ["one", "two"] {
                let sent = try await installation.service.send(Outgoing(to: user, message))
                _ = try await installation.service.record(of: sent.id, in: "delivered")
            }
            let link = try await installation.signInLink(of: user)
            try await withBrowser { browser in
                let inbox = try await InboxElement.calm(browser)
                let first = try await browser.tab
                try await browser.open(link)
                try await inbox.waitFor(messages: ["two", "one"])
                let second = try await browser.openTab()
                try await browser.open("\(page)embed.html")
                try await inbox.waitFor(".badge", says: "2")

                try await browser.go(to: first)
                try await inbox.click("read", of: "one")
                try await browser.look(at: second)
                try await inbox.waitFor(".badge", says: "1", timeout: .seconds(3))
                try await browser.look(at: first)
                try await inbox.click("archive", of: "two")
                try await browser.look(at: second)
                try await inbox.wait("inbox.querySelector('.badge').hidden", timeout: .seconds(3))

                try await browser.look(at: first)
                try await browser.click("#sign-out")
                try await inbox.waitFor(state: "signed-out")
                try await browser.look(at: second)
                try await inbox.waitFor(state: "signed-out", timeout: .seconds(3))
            }
        }

        @Test("somebody else who signs in gets nothing of the person before, in no tab")
        func otherPerson() async throws {
            let installation = try await Installation.healthy
            let users = installation.users(2, "swap")
            let page = try installation.page
            for user in users {
                let sent = try await installation.service.send(Outgoing(to: user, "for \(user)"))
                _ = try await installation.service.record(of: sent.id, in: "delivered")
            }
            let links = [
                try await installation.signInLink(of: users[0]), try await installation.signInLink(of: users[1]),
            ]
            try await withBrowser { browser in
                let inbox = try await InboxElement.calm(browser)
                let first = try await browser.tab
                try await browser.open(links[0])
                try await inbox.waitFor(messages: ["for \(users[0])"])
                _ = try await browser.openTab()
                try await browser.open(page)
                try await inbox.waitFor(messages: ["for \(users[0])"])
                try await browser.open(links[1])
                try await inbox.waitFor(messages: ["for \(users[1])"])
                try await browser.look(at: first)
                try await inbox.waitFor(messages: ["for \(users[1])"])
                #expect(try await inbox.text(".count") == "1 unread")
            }
        }

        @Test("two browsers of one person show the same at the next poll")
        func twoBrowsers() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "two")[0]
            for message in ["one", "two", "three"] {
                let sent = try await installation.service.send(Outgoing(to: user, message))
                _ = try await installation.service.record(of: sent.id, in: "delivered")
            }
            let link = try await installation.signInLink(of: user)
            try await withBrowser { here in
                try await withBrowser { there in
                    let inboxes = [try await InboxElement.calm(here), try await InboxElement.calm(there)]
                    for inbox in inboxes {
                        try await inbox.browser.open(link)
                        try await inbox.waitFor(messages: ["three", "two", "one"])
                    }
                    try await inboxes[0].click("read", of: "two")
                    try await inboxes[1].waitFor(messages: ["three", "one"])
                    try await inboxes[1].click("archive", of: "three")
                    try await inboxes[0].waitFor(messages: ["one"])
                    try await inboxes[0].click("#tab-archived")
                    try await inboxes[0].waitFor(messages: ["three"])
                    try await inboxes[0].click("archive", of: "three")
                    try await inboxes[1].waitFor(messages: ["three", "one"])
                    #expect(try await inboxes[1].text(".count") == "2 unread")
                }
            }
        }
    }
}
