import Foundation
import TestSupport
import Testing

@testable import Harness

/// `<notifi-inbox>` in the tab that a browser is at, as a person uses it.
struct InboxElement: Sendable {
    let browser: Browser

    private static let host = "notifi-inbox"

    /// Calm, so that nothing moves away from under a click.
    static func calm(_ browser: Browser, dark: Bool = false) async throws -> InboxElement {
        try await browser.emulate(colorScheme: dark ? .dark : .light, reducedMotion: true)
        try await browser.resize(width: 1_000, height: 800)
        return InboxElement(browser: browser)
    }

    // MARK: Looking

    /// Waits until an expression over `inbox`, the element's shadow root, is true.
    func wait(_ expression: String, _ values: ScriptValue..., timeout: Duration = .seconds(15)) async throws {
        // Values are written into the expression: what is waited for has a list of its own.
        var text = expression
        for (index, value) in values.enumerated() {
            let json = String(decoding: try JSONEncoder().encode([value]), as: UTF8.self)
            text = text.replacing("$\(index)", with: "\(json)[0]")
        }
        try await self.browser.wait(
            until:
                "((inbox) => Boolean(inbox) && (\(text)))(document.querySelector('\(Self.host)')?.shadowRoot)",
            timeout: timeout)
    }

    /// `loading`, `ready`, `empty`, `error`, `signed-out`.
    func waitFor(state: String, timeout: Duration = .seconds(15)) async throws {
        try await self.wait("inbox.querySelector('.root')?.dataset.state === $0", .string(state), timeout: timeout)
    }

    /// Waits until exactly these are listed, from the top.
    func waitFor(messages: [String], timeout: Duration = .seconds(15)) async throws {
        try await self.wait(
            "JSON.stringify([...inbox.querySelectorAll('.list:not([hidden]) .message')].map((one) => one.textContent)) === JSON.stringify($0)",
            .array(messages.map { .string($0) }), timeout: timeout)
    }

    func waitFor(_ css: String, says text: String, timeout: Duration = .seconds(15)) async throws {
        try await self.wait(
            "inbox.querySelector($0)?.textContent.trim() === $1", .string(css), .string(text), timeout: timeout)
    }

    func value<Value: Decodable & Sendable>(
        _ expression: String, as type: Value.Type = Value.self
    ) async throws -> Value {
        try await self.browser.run(
            "const inbox = document.querySelector('\(Self.host)').shadowRoot; return \(expression)", as: Value.self)
    }

    func text(_ css: String) async throws -> String { try await self.element(css).text }

    func count(_ css: String) async throws -> Int {
        try await self.browser.run(
            "return document.querySelector('\(Self.host)').shadowRoot.querySelectorAll(arguments[0]).length",
            .string(css), as: Int.self)
    }

    /// What names the focused element inside: its id, else its action.
    var focus: String {
        get async throws {
            try await self.value(
                "((one) => one?.id || one?.dataset.action || one?.className || '')(inbox.activeElement)")
        }
    }

    // MARK: Doing

    func element(_ css: String) async throws -> Element { try await self.browser.element(css, inside: Self.host) }

    func click(_ css: String) async throws { try await self.element(css).click() }

    /// A button of the notification with this message.
    func click(_ action: String, of message: String) async throws {
        let id = try await self.id(of: message)
        try await self.click("[data-notification-id='\(id)'] [data-action='\(action)']")
    }

    func id(of message: String) async throws -> String {
        let script = """
            const items = [...document.querySelector('\(Self.host)').shadowRoot.querySelectorAll('.item')];
            const one = items.find((each) => each.querySelector('.message').textContent === arguments[0]);
            return one?.dataset.notificationId ?? null;
            """
        let id = try await self.browser.run(script, .string(message), as: String?.self)
        return try #require(id, "no notification says \(message)")
    }

    // MARK: Keeping

    /// Into `.artifacts/` at the top of the repository, where people look at it.
    func picture(_ name: String) async throws {
        let folder = Repository.folder.appending(path: ".artifacts")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try await self.browser.screenshot(to: folder.appending(path: "\(name).png").path(percentEncoded: false))
    }

    /// Wide in light and narrow in dark colours, and what axe finds in both.
    func pictures(_ name: String) async throws {
        for (suffix, width, scheme) in [("", 1_000, Browser.ColorScheme.light), ("-narrow-dark", 390, .dark)] {
            try await self.browser.resize(width: width, height: 800)
            try await self.browser.emulate(colorScheme: scheme, reducedMotion: true)
            try await self.picture("\(name)\(suffix)")
            try await self.expectAccessible("\(name)\(suffix)")
        }
        try await self.browser.resize(width: 1_000, height: 800)
        try await self.browser.emulate(colorScheme: .light, reducedMotion: true)
    }

    /// Fails with whatever axe-core (https://github.com/dequelabs/axe-core) finds wrong.
    func expectAccessible(_ what: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        if try await !self.browser.run("return typeof window.axe === 'object'", as: Bool.self) {
            try await self.browser.run("\(try Axe.script); window.axe = axe")
        }
        let found = try await self.browser.runAsync(
            """
            const { violations } = await axe.run(document);
            return violations.flatMap((rule) => rule.nodes.map(
                (node) => `${rule.id}: ${rule.help}: ${JSON.stringify(node.target)}`));
            """, as: [String].self)
        #expect(found == [], "\(what)", sourceLocation: sourceLocation)
    }
}

enum Repository {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
}

enum Axe {
    /// `deploy/install-debian.sh test` puts it there.
    static var script: String {
        get throws {
            let path =
                ProcessInfo.processInfo.environment["NOTIFI_AXE"]
                ?? Repository.folder.appending(path: ".artifacts/tools/axe.min.js").path(percentEncoded: false)
            return try String(contentsOfFile: path, encoding: .utf8)
        }
    }
}
