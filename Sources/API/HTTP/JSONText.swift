import FoundationEssentials
import Notifications

/// Writes the members of one JSON object.
struct JSONText {
    private var bytes: [UInt8] = []

    init() {
        self.bytes.reserveCapacity(512)
        self.bytes.append(UInt8(ascii: "{"))
    }

    mutating func member(_ name: String, _ value: String) {
        self.name(name)
        self.string(value)
    }

    /// - Parameter json: is JSON already.
    mutating func member(_ name: String, json: some Sequence<UInt8>) {
        self.name(name)
        self.bytes += json
    }

    /// Where there is none, `null` says so.
    mutating func member(_ name: String, orNull value: String?) {
        if let value { self.member(name, value) } else { self.member(name, json: "null".utf8) }
    }

    mutating func finish() -> [UInt8] {
        self.bytes.append(UInt8(ascii: "}"))
        return self.bytes
    }

    private mutating func name(_ name: String) {
        if self.bytes.count > 1 { self.bytes.append(UInt8(ascii: ",")) }
        self.string(name)
        self.bytes.append(UInt8(ascii: ":"))
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
        for place in bytes.indices {
            let byte = bytes[place]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return true }
        }
        return false
    }

    static func array(_ elements: some Collection<[UInt8]>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(elements.reduce(2) { $0 + $1.count + 1 })
        bytes.append(UInt8(ascii: "["))
        for element in elements {
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            bytes += element
        }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }

    /// The text of `data`, which was written with sorted keys when it was accepted, as it reads back. That is the same,
    /// but for a large number with an exponent, which may read back as an integer.
    static func readBack(_ data: String) -> String {
        guard data.utf8.contains(UInt8(ascii: "+")) else { return data }
        return (try? JSONValue(parsing: Data(data.utf8)).canonicalText()) ?? data
    }
}
