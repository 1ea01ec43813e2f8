import TestSupport
import Testing

@testable import Harness

extension EndToEnd.Web {
    /// What a person sees while something is wrong, and how the client asks meanwhile.
    @Suite
    struct TroubleTests {
        @Test("errors on the first load are said, with a button; later ones leave the list, and end by themselves")
        func errors() async throws {
            try await FakeInbox.run { fake, site in
                fake.fail("GET /api/inbox", times: 1_000, 500)
                fake.add(["message": "kept"])
                try await withBrowser { browser in
                    let inbox = try await InboxElement.calm(browser)
                    try await browser.open(site)
                    try await inbox.waitFor(state: "error")
                    try await inbox.pictures("page-error")
                    fake.recover()
                    try await inbox.click(".state:not([hidden]) [data-action='retry']")
                    try await inbox.waitFor(messages: ["kept"])

                    fake.fail("GET /api/inbox", times: 1_000, 503)
                    try await inbox.wait("!inbox.querySelector('.banner').hidden")
                    #expect(try await inbox.text(".banner p").contains("You see what had arrived before"))
                    #expect(try await inbox.text(".pill") == "Reconnecting")
                    #expect(try await inbox.count(".item") == 1)
                    try await inbox.pictures("page-retrying")
                    fake.recover()
                    try await inbox.wait("inbox.querySelector('.banner').hidden", timeout: .seconds(40))
                    try await inbox.waitFor(".pill", says: "Up to date")
                }
            }
        }

        @Test("an answer that is none of the API's is an error, not an empty inbox")
        func unreadable() async throws {
            try await FakeInbox.run { fake, site in
                fake.fail("GET /api/inbox", times: 1_000, 200, headers: ["Content-Type": "text/html"])
                try await withBrowser { browser in
                    let inbox = try await InboxElement.calm(browser)
                    try await browser.open(site)
                    try await inbox.waitFor(state: "error")
                    #expect(try await inbox.text(".state:not([hidden])").contains("can’t be read"))
                }
            }
        }

        @Test("offline is said at once, and what came meanwhile is there at once on return")
        func offline() async throws {
            try await FakeInbox.run { fake, site in
                // So slow that only coming back can explain what is seen.
                fake.setPollInterval("60")
                fake.add(["message": "before"])
                try await withBrowser { browser in
                    let inbox = try await InboxElement.calm(browser)
                    try await browser.open(site)
                    try await inbox.waitFor(messages: ["before"])
                    try await browser.setOffline(true)
                    try await inbox.waitFor(".pill", says: "Offline")
                    #expect(try await inbox.text(".banner p").hasPrefix("You are offline."))
                    try await inbox.pictures("page-offline")
                    fake.add(["message": "meanwhile"])
                    try await browser.setOffline(false)
                    try await inbox.waitFor(messages: ["meanwhile", "before"], timeout: .seconds(5))
                    try await inbox.waitFor(".pill", says: "Up to date")
                }
            }
        }

        @Test("Retry-After is obeyed, of 429 and of 503, also when somebody presses the button", arguments: [429, 503])
        func retryAfter(status: Int) async throws {
            try await FakeInbox.run { fake, site in
                fake.fail("GET /api/inbox", status, headers: ["Retry-After": "3"])
                try await withBrowser { browser in
                    let inbox = try await InboxElement.calm(browser)
                    try await browser.open(site)
                    try await inbox.waitFor(state: "error")
                    if status == 429 {
                        #expect(try await inbox.text(".state:not([hidden])").contains("Too many requests"))
                        #expect(try await inbox.text(".pill") == "Slowed down")
                        try await inbox.picture("page-limited")
                    }
                    try await inbox.click(".state:not([hidden]) [data-action='retry']")
                    try await inbox.waitFor(state: "empty")
                    let polls = fake.requests("GET", "/api/inbox")
                    try #require(polls.count >= 2)
                    #expect(polls[1].at - polls[0].at >= .seconds(3))
                    #expect(polls[1].at - polls[0].at < .seconds(6))
                }
            }
        }

        @Test("polls keep the server's pace, and ask with what they know")
        func pace() async throws {
            try await FakeInbox.run { fake, site in
                fake.setPollInterval("2")
                try await withBrowser { browser in
                    let inbox = try await InboxElement.calm(browser)
                    try await browser.open(site)
                    try await inbox.waitFor(state: "empty")
                    try await require("four polls", within: .seconds(20)) {
                        fake.requests("GET", "/api/inbox").count >= 4
                    }
                    let polls = fake.requests("GET", "/api/inbox").map(\.at)
                    for (one, next) in zip(polls, polls.dropFirst()) {
                        #expect(next - one >= .seconds(2), "not sooner than X-Poll-Interval")
                    }
                }
            }
        }

        @Test("a change that the server refuses is taken back, with a message")
        func rollback() async throws {
            try await FakeInbox.run { fake, site in
                fake.add(["message": "one"])
                fake.add(["message": "two"])
                try await withBrowser { browser in
                    let inbox = try await InboxElement.calm(browser)
                    try await browser.open(site)
                    try await inbox.waitFor(messages: ["two", "one"])
                    for action in ["read", "archive"] {
                        fake.fail("PATCH", 503)
                        try await inbox.click(action, of: "one")
                        try await inbox.wait(
                            "inbox.querySelectorAll('.item')[1]?.querySelector('.trouble').hidden === false")
                        try await inbox.waitFor(messages: ["two", "one"])
                        #expect(try await inbox.text(".root .count") == "2 unread")
                    }
                    try await inbox.pictures("page-not-done")

                    fake.fail("POST /api/inbox/read-all", 500)
                    try await inbox.click("[data-action='mark-all']")
                    try await inbox.wait("!inbox.querySelector('.notice').hidden")
                    try await inbox.waitFor(messages: ["two", "one"])

                    // Withdrawn by its sender meanwhile: nothing is left to take back.
                    fake.fail("PATCH", 404)
                    try await inbox.click("read", of: "one")
                    try await inbox.waitFor(messages: ["two"])
                    try await inbox.wait("inbox.querySelector('[role=status]').textContent.includes('withdrawn')")
                }
            }
        }

        @Test("a preference that the server refuses goes back; a critical one cannot be switched off and says so")
        func preferences() async throws {
            try await FakeInbox.run { fake, site in
                try await withBrowser { browser in
                    let inbox = try await InboxElement.calm(browser)
                    try await browser.open(site)
                    try await inbox.waitFor(state: "empty")
                    fake.fail("GET /api/preferences", 503)
                    try await inbox.click("[data-action='settings']")
                    try await inbox.wait("inbox.querySelector('.settings > .trouble').hidden === false")
                    try await inbox.click(".settings > .outlined")
                    try await inbox.wait("inbox.querySelector('[data-event-type=news]')?.checked")
                    fake.fail("PUT /api/preferences", 503)
                    try await inbox.click("[data-event-type='news']")
                    try await inbox.wait(
                        "inbox.querySelector('#type-news-error').hidden === false && inbox.querySelector('#type-news').checked"
                    )
                    try await inbox.click("[data-event-type='alarm']")
                    #expect(try await inbox.value("inbox.querySelector('#type-alarm').checked", as: Bool.self))
                    #expect(try await inbox.text("#type-alarm-hint").contains("critical"))
                    #expect(fake.requests("PUT", "/api/preferences").count == 1, "the critical one asks for nothing")
                    try await inbox.pictures("page-settings-error")
                }
            }
        }

        @Test("relative times change by themselves, at the moment when they do")
        func times() async throws {
            try await FakeInbox.run { fake, site in
                fake.setPollInterval("60")
                // Time enough for a slow start of the browser before it changes.
                fake.add(["message": "a while ago"], ago: 40)
                try await withBrowser { browser in
                    let inbox = try await InboxElement.calm(browser)
                    try await browser.open(site)
                    try await inbox.waitFor(".item time", says: "just now")
                    try await inbox.waitFor(".item time", says: "1 minute ago", timeout: .seconds(30))
                    let title = try await inbox.element(".item time").attribute("title")
                    #expect(title?.contains("202") == true, "the absolute time: \(title ?? "none")")
                }
            }
        }
    }
}
