import Notifications
import TestSupport
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd.Undisturbed {
    /// The bell and its panel in somebody's site, with the real API.
    @Suite
    struct BellTests {
        @Test("the bell counts, the panel lists; everything can be done with the keyboard, and Escape leads back")
        func keyboard() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "bell")[0]
            for message in ["first", "second", "third"] {
                let sent = try await installation.service.send(
                    Outgoing(to: user, message, title: "About the \(message)"))
                _ = try await installation.service.record(of: sent.id, in: "delivered")
            }
            let page = try installation.page
            let link = try await installation.signInLink(of: user)
            try await withBrowser { browser in
                let inbox = try await InboxElement.calm(browser)
                try await browser.open("\(page)embed.html")
                try await inbox.waitFor(state: "signed-out")
                try await inbox.click(".bell")
                try await inbox.pictures("bell-signed-out")
                try await browser.open(link)
                try await inbox.waitFor(state: "ready")
                try await browser.open("\(page)embed.html")
                try await inbox.waitFor(".badge", says: "3")
                #expect(try await inbox.element(".bell").attribute("aria-label") == "Notifications, 3 unread")
                try await inbox.pictures("bell")

                // The site's own links come first.
                for _ in 0..<4 { try await browser.press(Browser.Key.tab) }
                #expect(try await inbox.focus == "bell")
                try await browser.press(Browser.Key.enter)
                try await inbox.wait("inbox.activeElement?.id === 'heading'")
                #expect(try await inbox.element(".bell").attribute("aria-expanded") == "true")
                try await inbox.pictures("bell-panel")

                for expected in ["mark-all", "settings", "close", "tab-unread"] {
                    try await browser.press(Browser.Key.tab)
                    #expect(try await inbox.focus == expected)
                }
                try await browser.press(Browser.Key.right)
                #expect(try await inbox.focus == "tab-all")
                try await browser.press(Browser.Key.end)
                #expect(try await inbox.focus == "tab-archived")
                try await inbox.waitFor(state: "empty")
                try await inbox.pictures("bell-archived")
                try await browser.press(Browser.Key.right)
                #expect(try await inbox.focus == "tab-unread", "round and round")
                #expect(try await inbox.element("#tab-unread").attribute("aria-selected") == "true")
                for expected in ["view", "read"] {
                    try await browser.press(Browser.Key.tab)
                    #expect(try await inbox.focus == expected)
                }
                try await browser.press(Browser.Key.enter)
                try await inbox.waitFor(messages: ["second", "first"])
                #expect(try await inbox.focus == "read", "on the one that took its place")
                try await inbox.wait("inbox.querySelector('[role=status]').textContent.includes('Marked as read.')")
                #expect(try await inbox.text(".badge") == "2")
                try await browser.press(Browser.Key.tab)
                try await browser.press(Browser.Key.enter)
                try await inbox.waitFor(messages: ["first"])

                try await browser.press(Browser.Key.escape)
                try await inbox.wait("!inbox.querySelector('.root').matches(':popover-open')")
                // The browser tells of the closing only afterwards, and no change of the page comes with the focus.
                try await require("the bell has the focus", within: .seconds(5)) { try await inbox.focus == "bell" }
                #expect(try await inbox.element(".bell").attribute("aria-expanded") == "false")
                // A click beside it closes it as well, and one on the bell does not open it again.
                try await inbox.click(".bell")
                try await inbox.wait("inbox.querySelector('.root').matches(':popover-open')")
                try await inbox.click(".bell")
                try await inbox.wait("!inbox.querySelector('.root').matches(':popover-open')")
            }
        }

        @Test("opening the panel marks what it shows as seen, not as read; what comes is announced, once")
        func seen() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "seen")[0]
            let sent = try await installation.service.send(Outgoing(to: user, "look"))
            _ = try await installation.service.record(of: sent.id, in: "delivered")
            let page = try installation.page
            let link = try await installation.signInLink(of: user)
            try await withBrowser { browser in
                let inbox = try await InboxElement.calm(browser)
                // Signed in on a page where the list is not shown.
                try await browser.open("\(page)embed.html")
                try await inbox.waitFor(state: "signed-out")
                let token = String(link.split(separator: "=").last ?? "")
                try await browser.runAsync(
                    "await document.querySelector('notifi-inbox').signIn(arguments[0])", .string(token))
                try await inbox.wait("inbox.querySelector('.badge').classList.contains('news')")
                try await inbox.click(".bell")
                try await inbox.wait("!inbox.querySelector('.badge').classList.contains('news')")
                #expect(try await inbox.text(".badge") == "1", "still unread")
                try await browser.reload()
                try await inbox.waitFor(".badge", says: "1")
                #expect(try await inbox.count(".badge.news") == 0)

                try await installation.service.send(Outgoing(to: user, "another", title: "Something new"))
                try await inbox.waitFor(".badge", says: "2")
                #expect(try await inbox.count(".badge.news") == 1)
                let said: String = try await inbox.value("inbox.querySelector('[role=status]').textContent")
                #expect(said == "New notification: Something new")
            }
        }

        @Test("the panel's settings are complete by keyboard")
        func settings() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "panel")[0]
            let page = try installation.page
            let link = try await installation.signInLink(of: user)
            try await withBrowser { browser in
                let inbox = try await InboxElement.calm(browser)
                try await browser.open(link)
                try await inbox.waitFor(state: "empty")
                try await browser.open("\(page)embed.html")
                try await inbox.waitFor(state: "empty")
                try await inbox.click(".bell")
                try await inbox.wait("inbox.activeElement?.id === 'heading'")
                try await inbox.pictures("bell-empty")
                try await browser.press(Browser.Key.tab)
                try await browser.press(Browser.Key.enter)
                try await inbox.wait("inbox.activeElement?.id === 'settings-heading'")
                try await inbox.wait("inbox.querySelector('[data-event-type=new_message]') !== null")
                try await inbox.pictures("bell-settings")
                try await browser.press(Browser.Key.tab)
                #expect(try await inbox.focus == "type-new_message")
                try await browser.press(" ")
                try await inbox.wait(
                    "((one) => !one.checked && one.getAttribute('aria-disabled') === 'false')(inbox.activeElement)")
                #expect(try await inbox.focus == "type-new_message")
                try await browser.press(Browser.Key.escape)
                try await inbox.wait("!inbox.querySelector('.root').matches(':popover-open')")
                #expect(try await inbox.focus == "bell")
            }
        }
    }
}
