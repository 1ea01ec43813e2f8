/// Why a browser could not be started, or did not do what it was told.
public struct BrowserError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// chromedriver or Chromium is not installed.
        case toolMissing
        case didNotStart
        /// No element matches, or the one that was found has left the page since.
        case noSuchElement
        /// A condition did not come true, or a script or page did not finish, in time.
        case timedOut
        /// JavaScript threw, or cannot be parsed.
        case script
        /// Anything else that chromedriver refuses, and answers that cannot be read.
        case refused
    }

    public let code: Code
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// - Parameters:
    ///   - name: WebDriver's own name of the error, such as `no such element`.
    ///   - message: may go on with a native stack trace over many lines, of which only the first tells something.
    init(webDriver name: String, message: String, during what: String) {
        let first = message.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? ""
        let code: Code =
            switch name {
            case "no such element", "stale element reference": .noSuchElement
            case "script timeout", "timeout": .timedOut
            case "javascript error": .script
            case "session not created": .didNotStart
            default: .refused
            }
        self.init(code, "\(what): \(name): \(first)")
    }
}
