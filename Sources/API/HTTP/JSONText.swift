import FoundationEssentials
import Notifications

/// Writes JSON by hand, one value behind the other into the same bytes: a page of a hundred is allocated once.
struct JSONText {
    /// What an object of the API takes, roughly.
    private static let usualObject = 512

    private var bytes: [UInt8] = []

    private init() {}

    /// - Parameters:
    ///   - objects: about how many objects there will be.
    ///   - write: is to write one value.
    static func bytes(
        objects: Int = 1, _ write: (inout JSONText) throws -> Void
    ) rethrows -> [UInt8] {
        var text = JSONText()
        text.bytes.reserveCapacity(2 + objects * Self.usualObject)
        try write(&text)
        return text.bytes
    }

    mutating func object(_ members: (inout JSONText) throws -> Void) rethrows {
        self.separate()
        self.bytes.append(UInt8(ascii: "{"))
        try members(&self)
        self.bytes.append(UInt8(ascii: "}"))
    }

    /// - Parameter write: is to write one value.
    mutating func array<Element>(
        _ elements: some Collection<Element>, _ write: (Element, inout JSONText) throws -> Void
    ) rethrows {
        self.separate()
        self.bytes.append(UInt8(ascii: "["))
        for element in elements { try write(element, &self) }
        self.bytes.append(UInt8(ascii: "]"))
    }

    mutating func member(_ name: String, _ value: String) {
        self.name(name)
        self.string(value)
    }

    mutating func member(_ name: String, _ value: Instant) {
        self.name(name)
        self.quoted { $0.appendText(of: value) }
    }

    mutating func member(_ name: String, _ value: NotificationID) {
        self.name(name)
        self.quoted { $0.appendText(of: value.uuid) }
    }

    /// - Parameter json: is JSON already.
    mutating func member(_ name: String, json: some Sequence<UInt8>) {
        self.name(name)
        self.bytes += json
    }

    /// - Parameter write: is to write one value.
    mutating func member(_ name: String, _ write: (inout JSONText) throws -> Void) rethrows {
        self.name(name)
        try write(&self)
    }

    /// Where there is none, `null` says so.
    mutating func member(_ name: String, orNull value: String?) {
        if let value { self.member(name, value) } else { self.member(name, json: "null".utf8) }
    }

    /// Where there is none, `null` says so.
    mutating func member(_ name: String, orNull value: Instant?) {
        if let value { self.member(name, value) } else { self.member(name, json: "null".utf8) }
    }

    /// - Parameter name: has nothing in it that would have to be escaped.
    private mutating func name(_ name: String) {
        self.separate()
        self.quoted { $0 += name.utf8 }
        self.bytes.append(UInt8(ascii: ":"))
    }

    /// From what came before, unless this is the first of its kind there.
    private mutating func separate() {
        switch self.bytes.last {
        case nil, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"): break
        default: self.bytes.append(UInt8(ascii: ","))
        }
    }

    private mutating func quoted(_ write: (inout [UInt8]) -> Void) {
        self.bytes.append(UInt8(ascii: "\""))
        write(&self.bytes)
        self.bytes.append(UInt8(ascii: "\""))
    }

    /// With the escapes of Foundation's encoder, slashes left as they are.
    private mutating func string(_ text: String) {
        self.bytes.append(UInt8(ascii: "\""))
        defer { self.bytes.append(UInt8(ascii: "\"")) }
        // Most texts go as they are, all at once.
        guard Self.needsEscapes(text) else {
            self.bytes += text.utf8
            return
        }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): self.bytes += [UInt8(ascii: "\\"), byte]
            case 0x08: self.bytes += "\\b".utf8
            case 0x09: self.bytes += "\\t".utf8
            case 0x0A: self.bytes += "\\n".utf8
            case 0x0C: self.bytes += "\\f".utf8
            case 0x0D: self.bytes += "\\r".utf8
            case 0..<0x20:
                self.bytes += "\\u00".utf8
                self.bytes.appendHex(byte)
            default: self.bytes.append(byte)
            }
        }
    }

    private static func needsEscapes(_ text: String) -> Bool {
        let bytes = text.utf8.span
        var found: UInt8 = 0
        // To the end whatever was found, and without a branch: so sixteen bytes are looked at in one step.
        for place in bytes.indices {
            let byte = bytes[place]
            found |= byte < 0x20 ? 1 : 0
            found |= byte == UInt8(ascii: "\"") ? 1 : 0
            found |= byte == UInt8(ascii: "\\") ? 1 : 0
        }
        return found != 0
    }

    /// The text of `data`, which was written with sorted keys when it was accepted, as it reads back. That is the same,
    /// but for a large number with an exponent, which may read back as an integer.
    static func readBack(_ data: String) -> String {
        guard data.utf8.contains(UInt8(ascii: "+")) else { return data }
        return (try? JSONValue(parsing: Data(data.utf8)).canonicalText()) ?? data
    }
}
