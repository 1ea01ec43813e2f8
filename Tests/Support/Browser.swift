public import Foundation

/// A headless Chromium with one window, lent by `withBrowser`.
///
/// Every method awaits the browser's answer, and throws `BrowserError`, or `CancellationError` when the task is
/// cancelled.
public struct Browser: Sendable {
    let driver: WebDriver

    // MARK: Pages

    /// Goes to an address and returns when the page has loaded, after at most 30 s. Where only the fragment differs,
    /// the page stays and gets a `hashchange`.
    public func open(_ url: String) async throws {
        let _: ScriptValue = try await self.driver.call("POST", "/url", ["url": .string(url)])
    }

    public func reload() async throws {
        let _: ScriptValue = try await self.driver.call("POST", "/refresh", [:])
    }

    public var url: String {
        get async throws { try await self.driver.call("GET", "/url") }
    }

    public var title: String {
        get async throws { try await self.driver.call("GET", "/title") }
    }

    /// Forgets the cookies of the page's site, HttpOnly ones too.
    public func clearCookies() async throws {
        let _: ScriptValue = try await self.driver.call("DELETE", "/cookie")
    }

    // MARK: Elements

    /// The first element that a CSS selector matches.
    ///
    /// - Throws: `BrowserError` with code `noSuchElement` at once if there is none; `wait` for it before.
    public func element(_ css: String) async throws -> Element {
        let found: Element.Reference = try await self.driver.call("POST", "/element", Element.query(css))
        return Element(driver: self.driver, id: found.id)
    }

    /// All elements that a CSS selector matches, in the order of the page; maybe none.
    public func elements(_ css: String) async throws -> [Element] {
        let found: [Element.Reference] = try await self.driver.call("POST", "/elements", Element.query(css))
        return found.map { Element(driver: self.driver, id: $0.id) }
    }

    /// The text of the first match as a person sees it.
    public func text(_ css: String) async throws -> String {
        try await self.element(css).text
    }

    /// Clicks the first match with the mouse, scrolled into view before.
    public func click(_ css: String) async throws {
        try await self.element(css).click()
    }

    /// Presses keys wherever the focus is, as `Key` or text.
    public func press(_ keys: String...) async throws {
        let strokes = keys.joined().map { character -> [ScriptValue] in
            [
                ["type": "keyDown", "value": .string("\(character)")],
                ["type": "keyUp", "value": .string("\(character)")],
            ]
        }
        let keyboard: ScriptValue = ["type": "key", "id": "keyboard", "actions": .array(strokes.flatMap { $0 })]
        let _: ScriptValue = try await self.driver.call("POST", "/actions", ["actions": [keyboard]])
    }

    /// Keys that are no characters.
    public enum Key {
        public static let tab = "\u{E004}"
        public static let end = "\u{E010}"
        public static let home = "\u{E011}"
        public static let left = "\u{E012}"
        public static let right = "\u{E014}"
        public static let enter = "\u{E007}"
        public static let escape = "\u{E00C}"
        public static let up = "\u{E013}"
        public static let down = "\u{E015}"
    }

    // MARK: Scripts

    /// Runs the body of a function in the page, and returns what it returns.
    ///
    /// - Parameters:
    ///   - script: sees `values` as `arguments`. A Content-Security-Policy of the page does not hinder it.
    ///   - type: what to decode the result as. `undefined` is `null`.
    @discardableResult
    public func run<Value: Decodable & Sendable>(
        _ script: String, _ values: ScriptValue..., as type: Value.Type = ScriptValue.self
    ) async throws -> Value {
        try await self.driver.call("POST", "/execute/sync", ["script": .string(script), "args": .array(values)])
    }

    /// Runs the body of an `async` function in the page, which may `await`, and returns what it returns in the end,
    /// within two minutes.
    @discardableResult
    public func runAsync<Value: Decodable & Sendable>(
        _ script: String, _ values: ScriptValue..., as type: Value.Type = ScriptValue.self
    ) async throws -> Value {
        try await self.runAsync(script, values)
    }

    private func runAsync<Value: Decodable & Sendable>(_ script: String, _ values: [ScriptValue]) async throws -> Value
    {
        let wrapped = """
            const done = arguments[arguments.length - 1];
            (async () => {
            \(script)
            })().then((value) => done({ value }), (fault) => done({ fault: String(fault) }));
            """
        let outcome: Outcome<Value> = try await self.driver.call(
            "POST", "/execute/async", ["script": .string(wrapped), "args": .array(values)])
        if let fault = outcome.fault { throw BrowserError(.script, fault) }
        if let value = outcome.value { return value }
        guard let none = ScriptValue.null as? Value else {
            throw BrowserError(.script, "the script returned nothing, where \(Value.self) was asked for")
        }
        return none
    }

    private struct Outcome<Value: Decodable>: Decodable {
        let value: Value?
        let fault: String?
    }

    /// Waits until a JavaScript expression is true. The page looks at it at once and whenever its document or an open shadow
    /// root in it changes (elements, attributes, text), so that nothing is polled; what changes without those is not seen.
    ///
    /// - Parameters:
    ///   - expression: sees `values` as `arguments`.
    ///   - timeout: up to 100 s.
    /// - Throws: `BrowserError` with code `timedOut`, which tells the expression and the page's text, or `script` if
    ///   the expression throws.
    public func wait(
        until expression: String, _ values: ScriptValue..., timeout: Duration = .seconds(10)
    ) async throws {
        let limit = min(timeout, .seconds(100))
        let deadline = ContinuousClock.now + limit
        let script = """
            const holds = () => Boolean(\(expression));
            if (holds()) return true;
            return await new Promise((resolve, reject) => {
                const settle = (what, value) => { watcher.disconnect(); clearTimeout(timer); what(value); };
                const watcher = new MutationObserver(() => {
                    watch(document);
                    try { if (holds()) settle(resolve, true); } catch (fault) { settle(reject, fault); }
                });
                const everything = { subtree: true, childList: true, attributes: true, characterData: true };
                const watched = new Set();
                const watch = (root) => {
                    if (!watched.has(root)) watcher.observe(root, everything);
                    watched.add(root);
                    for (const each of root.querySelectorAll("*")) if (each.shadowRoot) watch(each.shadowRoot);
                };
                watch(document);
                const timer = setTimeout(() => settle(resolve, false), arguments[arguments.length - 2]);
            });
            """
        while true {
            let left = max(.zero, deadline - .now) / .milliseconds(1)
            do {
                if try await self.runAsync(script, values + [.number(left.rounded(.up))]) { return }
            } catch let error as BrowserError where isNavigation(error) && ContinuousClock.now < deadline {
                continue
            }
            let page: String = try await self.run(
                "return document.body?.innerText.slice(0, 600) ?? ''", as: String.self)
            throw BrowserError(.timedOut, "not true within \(limit): \(expression)\nThe page shows: \(page)")
        }
    }

    /// A script ends with its page; the next page is then asked.
    private func isNavigation(_ error: BrowserError) -> Bool {
        error.description.contains("document unloaded") || error.description.contains("aborted by navigation")
    }

    // MARK: Circumstances

    public enum ColorScheme: String, Sendable {
        case light, dark
    }

    /// What the page's media queries are told.
    public func emulate(colorScheme: ColorScheme, reducedMotion: Bool = false) async throws {
        try await self.command(
            "Emulation.setEmulatedMedia",
            [
                "features": [
                    ["name": "prefers-color-scheme", "value": .string(colorScheme.rawValue)],
                    ["name": "prefers-reduced-motion", "value": reducedMotion ? "reduce" : "no-preference"],
                ]
            ])
    }

    /// Sets the size of the page, in CSS pixels at one device pixel each; narrower than a window could be, if asked.
    public func resize(width: Int, height: Int) async throws {
        try await self.command(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": .number(Double(width)), "height": .number(Double(height)), "deviceScaleFactor": 1,
                "mobile": false,
            ])
    }

    /// Cuts the network off, or gives it back. The page gets its `offline` and `online` events.
    public func setOffline(_ offline: Bool) async throws {
        try await self.command("Network.enable")
        try await self.command(
            "Network.emulateNetworkConditions",
            ["offline": .bool(offline), "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1])
    }

    /// Sends a command of the Chrome DevTools protocol.
    @discardableResult
    public func command(_ name: String, _ parameters: ScriptValue = [:]) async throws -> ScriptValue {
        try await self.driver.call("POST", "/goog/cdp/execute", ["cmd": .string(name), "params": parameters])
    }

    // MARK: Looking

    /// A picture of what the window shows, as PNG, after animations have ended.
    public func screenshot() async throws -> Data {
        let _: ScriptValue = try await self.runAsync(
            """
            await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
            const ending = document.getAnimations().filter((each) => each.effect.getTiming().iterations !== Infinity);
            await Promise.allSettled(ending.map((each) => each.finished));
            """)
        let encoded: String = try await self.driver.call("GET", "/screenshot")
        guard let data = Data(base64Encoded: encoded) else {
            throw BrowserError(.refused, "the screenshot is not Base64")
        }
        return data
    }

    /// Writes a screenshot to a file; its folder has to exist.
    public func screenshot(to path: String) async throws {
        try await self.screenshot().write(to: URL(fileURLWithPath: path))
    }

    /// What the page and the browser have written to the console since the last call: failed loads, what a
    /// Content-Security-Policy blocked, uncaught errors.
    public func consoleMessages() async throws -> [ConsoleMessage] {
        try await self.driver.call("POST", "/se/log", ["type": "browser"])
    }

    public struct ConsoleMessage: Sendable, Hashable, Decodable {
        /// `SEVERE`, `WARNING`, `INFO` or `DEBUG`.
        public let level: String
        public let message: String
    }
}
