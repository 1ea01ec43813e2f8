extension Browser {
    /// A tab of the browser. Everything that is not said of a tab concerns the one that the browser is at.
    public struct Tab: Sendable, Hashable {
        let handle: String
    }

    public var tab: Tab {
        get async throws { Tab(handle: try await self.driver.call("GET", "/window")) }
    }

    /// Opens an empty tab in front of the others, and goes there.
    public func openTab() async throws -> Tab {
        let made: NewTab = try await self.driver.call("POST", "/window/new", ["type": "tab"])
        let tab = Tab(handle: made.handle)
        try await self.go(to: tab)
        return tab
    }

    /// Brings a tab to the front, as somebody who clicks on it: the others are hidden from then on.
    public func go(to tab: Tab) async throws {
        try await self.look(at: tab)
        try await self.command("Page.bringToFront")
    }

    /// Commands and scripts go to that tab from now on. chromedriver brings it to the front for a moment.
    public func look(at tab: Tab) async throws {
        let _: ScriptValue = try await self.driver.call("POST", "/window", ["handle": .string(tab.handle)])
    }

    /// Closes the tab that it is at, and goes to another.
    public func closeTab(goingTo other: Tab) async throws {
        let _: ScriptValue = try await self.driver.call("DELETE", "/window")
        try await self.go(to: other)
    }

    private struct NewTab: Decodable {
        let handle: String
    }
}
