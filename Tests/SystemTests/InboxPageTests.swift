import Foundation
import Notifications
import TestSupport
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd.Undisturbed {
    /// The page as a person sees it, in a real browser, with the real API.
    @Suite
    struct InboxPageTests {
        @Test("a POST shows up as text, a scheduled one when it is due; reading it takes it off for good")
        func inbox() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "page")[0]
            let service = installation.service
            let link = try await installation.signInLink(of: user)
            try await withBrowser { browser in
                let inbox = try await InboxElement.calm(browser)
                try await browser.open(link)
                try await inbox.waitFor(state: "empty")
                #expect(try await !browser.url.contains("token"), "the token leaves the address bar")
                try await inbox.pictures("page-empty")

                let markup = "<b>Fish & chips</b> <img src=x onerror=alert(1)> &amp;"
                let now = try await service.send(Outgoing(to: user, markup, title: "Order <i>7</i> & more"))
                // Never decoded.
                let text = "Fish & chips  &amp;"
                #expect(now.message == text)
                try await inbox.waitFor(messages: [text])
                #expect(try await inbox.id(of: text) == now.id)
                #expect(try await inbox.text(".item .title") == "Order 7 & more")
                #expect(try await inbox.text(".item [part='type']") == "New message")

                // Far enough that it is still scheduled when it is looked at.
                let schedule = Instant.inSeconds(8)
                let later = try await service.send(Outgoing(to: user, "It is time", at: schedule))
                _ = try await service.record(of: later.id, in: "scheduled")
                #expect(try await inbox.count(".item") == 1)
                try await inbox.waitFor(messages: ["It is time", text], timeout: .seconds(30))
                #expect(Instant.current >= schedule)
                #expect(try await inbox.text(".count") == "2 unread")
                #expect(try await browser.title == "(2) Inbox · Notifi")
                try await inbox.pictures("page-two")

                try await inbox.click("read", of: text)
                try await inbox.waitFor(messages: ["It is time"])
                #expect(try await inbox.text(".count") == "1 unread")
                _ = try await service.record(of: now.id, in: "read", within: .seconds(5))
                try await browser.reload()
                try await inbox.waitFor(messages: ["It is time"])
                #expect(try await inbox.text(".count") == "1 unread")

                #expect(try await service.cancel(later.id).state == "recalled")
                try await inbox.waitFor(state: "empty")
                #expect(try await browser.consoleMessages().filter { $0.level == "SEVERE" }.isEmpty)
            }
        }

        @Test("priorities are told by words and shapes; an action says which host it leads to")
        func priorities() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "looks")[0]
            for (priority, action) in [
                ("low", nil), ("normal", "/orders/7"), ("high", nil), ("critical", "https://status.example.com/db"),
            ] {
                var outgoing = Outgoing(to: user, "This one is \(priority)", title: "A \(priority) one")
                outgoing.priority = priority
                outgoing.actionURL = action
                _ = try await installation.service.record(of: installation.service.send(outgoing).id, in: "delivered")
            }
            let link = try await installation.signInLink(of: user)
            try await withBrowser { browser in
                let inbox = try await InboxElement.calm(browser)
                try await browser.open(link)
                try await inbox.wait("inbox.querySelectorAll('.item').length === 4")
                let words: [String] = try await inbox.value(
                    "[...inbox.querySelectorAll('.item')].map((one) => one.querySelector('.priority').textContent)")
                #expect(words == ["Critical", "High priority", "", "Low priority"])
                let shapes: [String] = try await inbox.value(
                    "[...inbox.querySelectorAll('.symbol path:first-child')].map((one) => one.getAttribute('d'))")
                #expect(Set(shapes).count == 4, "not by colour alone")
                let links: [String] = try await inbox.value(
                    "[...inbox.querySelectorAll('a[href] > span:first-child')].map((one) => one.textContent)")
                #expect(links == ["Open on status.example.com", "Open"])
                try await inbox.pictures("page-priorities")
            }
        }

        @Test("following an action marks it as read, and a page may take it over")
        func action() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "action")[0]
            var outgoing = Outgoing(to: user, "Have a look")
            outgoing.actionURL = "/embed.html#seeds"
            let sent = try await installation.service.send(outgoing)
            let link = try await installation.signInLink(of: user)
            try await withBrowser { browser in
                let inbox = try await InboxElement.calm(browser)
                try await browser.open(link)
                try await inbox.waitFor(messages: ["Have a look"])
                try await browser.run(
                    """
                    addEventListener('notifi-open', (event) => {
                        window.taken = [event.detail.url, event.detail.notification.message];
                        event.preventDefault();
                    }, { once: true });
                    """)
                try await inbox.click("open", of: "Have a look")
                let taken = try await browser.run("return window.taken", as: [String].self)
                #expect(taken.first?.hasSuffix("/embed.html#seeds") == true)
                #expect(taken.last == "Have a look")
                #expect(try await inbox.count(".item") == 1, "the page took it over: nothing is marked")
                try await inbox.click("open", of: "Have a look")
                try await browser.wait(until: "location.pathname === '/embed.html'")
                _ = try await installation.service.record(of: sent.id, in: "read", within: .seconds(10))
            }
        }

        @Test("without a session, and after signing out, nothing is shown")
        func signedOut() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "out")[0]
            let page = try installation.page
            let token = try await installation.token(of: user)
            _ = try await installation.service.send(Outgoing(to: user, "private"))
            try await withBrowser { browser in
                let inbox = try await InboxElement.calm(browser)
                try await browser.open(page)
                try await inbox.waitFor(state: "signed-out")
                try await inbox.pictures("page-signed-out")
                try await browser.open("\(page)#token=not-a-token")
                try await browser.wait(until: "!document.querySelector('#trouble').hidden")
                try await inbox.waitFor(state: "signed-out")
                try await browser.open("\(page)#token=\(token)")
                try await inbox.waitFor(messages: ["private"])
                try await browser.reload()
                try await inbox.waitFor(messages: ["private"])
                try await browser.click("#sign-out")
                try await inbox.waitFor(state: "signed-out")
                #expect(try await inbox.count(".item") == 0)
                #expect(try await !browser.title.contains("1"))
                try await browser.reload()
                try await inbox.waitFor(state: "signed-out")
            }
        }
    }
}

extension Installation {
    var page: String {
        get throws { "http://127.0.0.1:\(try self[.api].ports.http ?? 0)/" }
    }

    func signInLink(of userID: String) async throws -> String {
        "\(try self.page)#token=\(try await self.token(of: userID))"
    }
}
