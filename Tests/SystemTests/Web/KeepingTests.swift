import Notifications
import TestSupport
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd.Undisturbed {
    /// Reading, archiving and choosing on the page, with the real API.
    @Suite
    struct KeepingTests {
        @Test("unread, all and archived; a notification goes from one to the other and back")
        func views() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "views")[0]
            for message in ["first", "second", "third"] {
                let sent = try await installation.service.send(Outgoing(to: user, message))
                _ = try await installation.service.record(of: sent.id, in: "delivered")
            }
            let link = try await installation.signInLink(of: user)
            try await withBrowser { browser in
                let inbox = try await InboxElement.calm(browser)
                try await browser.open(link)
                try await inbox.waitFor(messages: ["third", "second", "first"])
                try await inbox.click("archive", of: "second")
                try await inbox.click("read", of: "third")
                try await inbox.waitFor(messages: ["first"])
                #expect(try await inbox.text(".count") == "1 unread")

                try await inbox.click("#tab-all")
                try await inbox.waitFor(messages: ["third", "first"])
                try await inbox.pictures("page-all")
                try await inbox.click("read", of: "third")
                try await inbox.waitFor(".count", says: "2 unread")

                try await inbox.click("#tab-archived")
                try await inbox.waitFor(messages: ["second"])
                try await inbox.pictures("page-archived")
                try await inbox.click("archive", of: "second")
                try await inbox.waitFor(state: "empty")
                try await inbox.click("#tab-unread")
                try await inbox.waitFor(messages: ["third", "second", "first"])
                try await browser.reload()
                try await inbox.waitFor(messages: ["third", "second", "first"])
                #expect(try await inbox.text(".count") == "3 unread")
                #expect(try await browser.consoleMessages().filter { $0.level == "SEVERE" }.isEmpty)
            }
        }

        @Test("mark all as read marks what was shown: one that arrives in between stays unread")
        func markAll() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "all")[0]
            for message in ["one", "two"] {
                let sent = try await installation.service.send(Outgoing(to: user, message))
                _ = try await installation.service.record(of: sent.id, in: "delivered")
            }
            let link = try await installation.signInLink(of: user)
            try await withBrowser { browser in
                let inbox = try await InboxElement.calm(browser)
                try await browser.open(link)
                try await inbox.waitFor(messages: ["two", "one"])
                // The page hears of nothing new; what it asks for by itself still goes out.
                try await browser.run(
                    """
                    const real = window.fetch;
                    window.fetch = (url, options) => options.method === "GET"
                        ? new Promise((resolve) => { window.goOn = () => resolve(real(url, options)); }) : real(url, options);
                    window.restore = () => { window.fetch = real; window.goOn?.(); };
                    """)
                let between = try await installation.service.send(Outgoing(to: user, "in between"))
                _ = try await installation.service.record(of: between.id, in: "delivered")
                try await inbox.click("[data-action='mark-all']")
                try await inbox.waitFor(state: "empty")
                try await require("the two are read", within: .seconds(10)) {
                    try await installation.person(user).inbox().map(\.message) == ["in between"]
                }
                try await browser.run("window.restore()")
                try await inbox.waitFor(messages: ["in between"])
                #expect(try await inbox.text(".count") == "1 unread")
            }
        }

        @Test("more is shown page by page, and stays while new ones come")
        func more() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "more")[0]
            let messages = (1...45).map { "number \($0)" }
            _ = try await installation.service.sendBatch(messages.map { Outgoing(to: user, $0) })
            let person = try await installation.person(user)
            try await require("all are there", within: .seconds(20)) { try await person.inbox().count == 45 }
            let newestFirst = try await person.inbox().map(\.message)
            let link = try await installation.signInLink(of: user)
            try await withBrowser { browser in
                let inbox = try await InboxElement.calm(browser)
                try await browser.open(link)
                try await inbox.waitFor(messages: Array(newestFirst.prefix(20)))
                #expect(try await inbox.text(".count") == "45 unread", "exact, though not all are loaded")
                try await inbox.click("[data-action='more']")
                try await inbox.waitFor(messages: Array(newestFirst.prefix(40)))
                _ = try await installation.service.send(Outgoing(to: user, "the newest"))
                try await inbox.wait("inbox.querySelector('.item .message')?.textContent === 'the newest'")
                try await inbox.click("[data-action='more']")
                try await inbox.waitFor(messages: ["the newest"] + newestFirst)
                #expect(try await inbox.value("inbox.querySelector('.more').hidden", as: Bool.self))
            }
        }

        @Test("what a person switches off is not delivered, and the panel shows it again")
        func preferences() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "choose")[0]
            let link = try await installation.signInLink(of: user)
            try await withBrowser { browser in
                let inbox = try await InboxElement.calm(browser)
                try await browser.open(link)
                try await inbox.waitFor(state: "empty")
                try await inbox.click("[data-action='settings']")
                try await inbox.wait("inbox.querySelector('[data-event-type=new_message]')?.checked")
                try await inbox.pictures("page-settings")
                try await inbox.click("[data-event-type='new_message']")
                try await inbox.wait(
                    "((one) => !one.checked && one.getAttribute('aria-disabled') === 'false')(inbox.querySelector('[data-event-type=new_message]'))"
                )
                try await browser.reload()
                try await inbox.waitFor(state: "empty")
                try await inbox.click("[data-action='settings']")
                try await inbox.wait("inbox.querySelector('[data-event-type=new_message]')?.checked === false")
            }
        }
    }
}
