/// Where in a tag HTML's tokenizer stands: the states from "tag name" to "self-closing start tag".
enum TagState: UInt8 {
    case name
    /// Before an attribute name, after a quoted value, or after a slash: three states that differ in nothing but what they
    /// call an error, and in whether the tag counts as self-closing.
    case betweenAttributes
    case attributeName, afterAttributeName, beforeValue, doubleQuotedValue, singleQuotedValue, unquotedValue

    /// This state among others.
    var bit: UInt8 { 1 << self.rawValue }

    /// The state that one more byte leads to; `nil` if it ends the tag.
    func after(_ byte: UInt8) -> TagState? {
        switch (self, byte) {
        case (.doubleQuotedValue, UInt8(ascii: "\"")), (.singleQuotedValue, UInt8(ascii: "'")): .betweenAttributes
        case (.doubleQuotedValue, _), (.singleQuotedValue, _): self
        case (_, UInt8(ascii: ">")): nil
        case (.unquotedValue, _): Self.isSpace(byte) ? .betweenAttributes : self
        case (.beforeValue, UInt8(ascii: "\"")): .doubleQuotedValue
        case (.beforeValue, UInt8(ascii: "'")): .singleQuotedValue
        case (.beforeValue, _): Self.isSpace(byte) ? self : .unquotedValue
        case (_, UInt8(ascii: "/")): .betweenAttributes
        case (.attributeName, UInt8(ascii: "=")), (.afterAttributeName, UInt8(ascii: "=")): .beforeValue
        case (.attributeName, _), (.afterAttributeName, _): Self.isSpace(byte) ? .afterAttributeName : .attributeName
        case (.name, _): Self.isSpace(byte) ? .betweenAttributes : self
        // An `=` here begins a name.
        case (.betweenAttributes, _): Self.isSpace(byte) ? self : .attributeName
        }
    }

    /// A carriage return is one too: parsers make a line feed of it before they look.
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0C || byte == 0x0D
    }
}
