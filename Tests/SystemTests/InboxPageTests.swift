import Foundation
import Notifications
import TestSupport
import Testing

@testable import Notifi

extension EndToEnd.Undisturbed {
    /// The page as a person sees it, in a real browser.
    @Suite
    struct InboxPageTests {
        @Test("a POST shows up as text, a scheduled one when it is due; reading it takes it off for good")
        func inbox() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "page")[0]
            let service = installation.service
            let link =
                "http://127.0.0.1:\(try installation[.api].ports.http ?? 0)/#token=\(try await installation.token(of: user))"
            try await withBrowser { browser in
                try await browser.resize(width: 1_000, height: 800)
                try await browser.open(link)
                try await browser.wait(until: "document.querySelector('#inbox').dataset.state === 'empty'")
                #expect(try await !browser.url.contains("token"), "the token leaves the address bar")
                try await Self.picture(browser, "inbox-empty")

                let markup = "<b>Fish & chips</b> <img src=x onerror=alert(1)> &amp;"
                let now = try await service.send(Outgoing(to: user, markup, title: "Order <i>7</i> & more"))
                try await browser.wait(until: Self.shows(now.id))
                #expect(now.message == "Fish & chips  &amp;")
                #expect(try await browser.text(Self.part("title", of: now.id)) == "Order 7 & more")
                let shown = try await browser.text(Self.part("message", of: now.id))
                #expect(shown.contains("&amp;"), "it is never decoded")
                let elements = try await browser.run(
                    "return document.querySelectorAll('.item b, .item img, .item i').length", as: Int.self)
                #expect(elements == 0, "it is text, not markup")

                let schedule = Instant.inSeconds(4)
                let later = try await service.send(Outgoing(to: user, "It is time", at: schedule))
                _ = try await service.record(of: later.id, in: "scheduled")
                #expect(try await browser.elements("[data-notification-id='\(later.id)']").isEmpty)
                try await browser.wait(until: Self.shows(later.id))
                #expect(Instant.current >= schedule)
                #expect(try await browser.text("[data-part='count']") == "2 unread")
                #expect(try await browser.title.contains("2"))
                try await Self.picture(browser, "inbox-two")
                try await browser.emulate(colorScheme: .dark)
                try await browser.resize(width: 390, height: 800)
                try await Self.picture(browser, "inbox-two-dark-narrow")

                try await browser.click("[data-notification-id='\(now.id)'] [data-action='read']")
                try await browser.wait(until: "!(\(Self.shows(now.id)))")
                #expect(try await browser.text("[data-part='count']") == "1 unread")
                _ = try await service.record(of: now.id, in: "read", within: .seconds(5))
                try await browser.reload()
                try await browser.wait(until: Self.shows(later.id))
                #expect(try await browser.elements("[data-notification-id='\(now.id)']").isEmpty)
                #expect(try await browser.text("[data-part='count']") == "1 unread")

                #expect(try await service.cancel(later.id).state == "recalled")
                try await browser.wait(until: "document.querySelector('#inbox').dataset.state === 'empty'")
                let trouble = try await browser.consoleMessages().filter { $0.level == "SEVERE" }
                // Before the link was followed nobody was signed in.
                #expect(trouble.allSatisfy { $0.message.contains("401") }, "\(trouble)")
            }
        }

        @Test("without a session, and after signing out, nothing is shown")
        func signedOut() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "out")[0]
            let page = "http://127.0.0.1:\(try installation[.api].ports.http ?? 0)/"
            let token = try await installation.token(of: user)
            let sent = try await installation.service.send(Outgoing(to: user, "private"))
            try await withBrowser { browser in
                let isSignedOut = "document.querySelector('#inbox').dataset.state === 'signed-out'"
                try await browser.open(page)
                try await browser.wait(until: isSignedOut)
                try await browser.open("\(page)#token=not-a-token")
                try await browser.wait(until: isSignedOut)
                try await browser.open("\(page)#token=\(token)")
                try await browser.wait(until: Self.shows(sent.id))
                try await browser.reload()
                try await browser.wait(until: Self.shows(sent.id))
                try await browser.click("[data-action='sign-out']")
                try await browser.wait(until: isSignedOut)
                #expect(try await browser.elements("[data-notification-id]").isEmpty)
                try await browser.reload()
                try await browser.wait(until: isSignedOut)
            }
        }

        private static func shows(_ id: String) -> String {
            "document.querySelector(\"[data-notification-id='\(id)']\") !== null"
        }

        private static func part(_ name: String, of id: String) -> String {
            "[data-notification-id='\(id)'] [data-part='\(name)']"
        }

        /// Into `.artifacts/` at the top of the repository, where people look at it.
        private static func picture(_ browser: Browser, _ name: String) async throws {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../.artifacts")
                .standardized
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try await browser.screenshot(to: folder.appending(path: "\(name).png").path(percentEncoded: false))
        }
    }
}
