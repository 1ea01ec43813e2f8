/// A text that must not be shown: a password, a signing key, a URL that carries one.
///
/// Printing, interpolating, dumping or logging it gives `<redacted>`; only ``reveal()`` gives the text, so that every
/// place which does so can be found.
public struct Secret: Sendable, Equatable {
    private let text: String

    public init(_ text: String) {
        self.text = text
    }

    /// The text itself. Hand it only to what needs it; never to a log line or an error.
    public func reveal() -> String {
        self.text
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
