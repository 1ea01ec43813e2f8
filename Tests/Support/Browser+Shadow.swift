extension Browser {
    /// The first element that a CSS selector matches in the open shadow root of the first match of another.
    ///
    /// - Throws: `BrowserError` with code `noSuchElement` at once if there is none.
    public func element(_ css: String, inside host: String) async throws -> Element {
        let script = """
            return document.querySelector(arguments[0])?.shadowRoot?.querySelector(arguments[1]) ?? null
            """
        let found = try await self.run(script, .string(host), .string(css), as: Element.Reference?.self)
        guard let found else { throw BrowserError(.noSuchElement, "nothing matches \(css) inside \(host)") }
        return Element(driver: self.driver, id: found.id)
    }

    /// Runs a script in every page that this tab opens from now on, before any script of that page.
    public func preload(_ script: String) async throws {
        try await self.command("Page.addScriptToEvaluateOnNewDocument", ["source": .string(script)])
    }
}
