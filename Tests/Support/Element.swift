/// One element of a page. It is of no use once it has left the page (`noSuchElement`).
public struct Element: Sendable {
    let driver: WebDriver
    let id: String

    /// The text as a person sees it: nothing of what is hidden.
    public var text: String {
        get async throws { try await self.driver.call("GET", "/element/\(self.id)/text") }
    }

    public var isDisplayed: Bool {
        get async throws { try await self.driver.call("GET", "/element/\(self.id)/displayed") }
    }

    /// The value of an attribute as it is written in the document; `nil` if it is not there.
    public func attribute(_ name: String) async throws -> String? {
        let value: ScriptValue = try await self.driver.call(
            "POST", "/execute/sync",
            ["script": "return arguments[0].getAttribute(arguments[1])", "args": [self.reference, .string(name)]])
        guard case .string(let text) = value else { return nil }
        return text
    }

    /// Clicks it with the mouse, scrolled into view before. Throws `refused` if something else lies over it.
    public func click() async throws {
        let _: ScriptValue = try await self.driver.call("POST", "/element/\(self.id)/click", [:])
    }

    /// Focuses it and types text or `Browser.Key`s.
    public func type(_ text: String) async throws {
        let _: ScriptValue = try await self.driver.call("POST", "/element/\(self.id)/value", ["text": .string(text)])
    }

    /// The first match below this element.
    public func element(_ css: String) async throws -> Element {
        let found: Reference = try await self.driver.call("POST", "/element/\(self.id)/element", Self.query(css))
        return Element(driver: self.driver, id: found.id)
    }

    /// To hand it to a script as a value, where it arrives as the element.
    public var reference: ScriptValue { [Self.key: .string(self.id)] }

    static func query(_ css: String) -> ScriptValue { ["using": "css selector", "value": .string(css)] }

    /// The protocol's name for a reference to an element (W3C WebDriver, section "Elements").
    private static let key = "element-6066-11e4-a52e-4f735466cecf"

    struct Reference: Decodable, Sendable {
        let id: String

        init(from decoder: any Decoder) throws {
            let members = try decoder.singleValueContainer().decode([String: String].self)
            guard let id = members[Element.key] else {
                throw DecodingError.dataCorrupted(
                    DecodingError.Context(
                        codingPath: decoder.codingPath, debugDescription: "no reference to an element"))
            }
            self.id = id
        }
    }
}
