/// The names of the members in a JSON text. RFC 8259 section 4 leaves open which of two members of one name counts, so a
/// reader and whoever checked before it may take different ones: a text that has such is better refused.
public enum JSONNames {
    private enum Container {
        case array
        case object(names: Set<String>, expectsName: Bool)
    }

    /// Goes through the text once.
    ///
    /// - Parameter json: has to be JSON; of anything else the result means nothing.
    /// - Returns: a name that an object has twice, however it is escaped; `nil` where there is none.
    public static func repeated(in json: some Sequence<UInt8>) -> String? {
        var containers: [Container] = []
        var bytes = json.makeIterator()
        while let byte = bytes.next() {
            switch byte {
            case UInt8(ascii: "{"): containers.append(.object(names: [], expectsName: true))
            case UInt8(ascii: "["): containers.append(.array)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = containers.popLast()
            case UInt8(ascii: ","):
                if case .object(let names, _)? = containers.popLast() {
                    containers.append(.object(names: names, expectsName: true))
                } else {
                    containers.append(.array)
                }
            case UInt8(ascii: "\""):
                let (raw, isEscaped) = Self.string(&bytes)
                guard case .object(var names, true)? = containers.last else { continue }
                // Taken out first, so that the set is not copied.
                containers.removeLast()
                let name = isEscaped ? Self.unescaped(raw) : String(decoding: raw, as: UTF8.self)
                guard names.insert(name).inserted else { return name }
                containers.append(.object(names: names, expectsName: false))
            default: break
            }
        }
        return nil
    }

    /// The bytes of a string up to its closing quotation mark, which is taken too.
    private static func string(_ bytes: inout some IteratorProtocol<UInt8>) -> (raw: [UInt8], isEscaped: Bool) {
        var raw: [UInt8] = []
        var isEscaped = false
        while let byte = bytes.next(), byte != UInt8(ascii: "\"") {
            raw.append(byte)
            guard byte == UInt8(ascii: "\\") else { continue }
            isEscaped = true
            if let next = bytes.next() { raw.append(next) }
        }
        return (raw, isEscaped)
    }

    private static func unescaped(_ raw: [UInt8]) -> String {
        var units: [UInt16] = []
        var rest = raw[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
                let plain = [byte] + rest.prefix { $0 != UInt8(ascii: "\\") }
                rest = rest.dropFirst(plain.count - 1)
                units += String(decoding: plain, as: UTF8.self).utf16
                continue
            }
            switch escape {
            case UInt8(ascii: "b"): units.append(0x08)
            case UInt8(ascii: "f"): units.append(0x0C)
            case UInt8(ascii: "n"): units.append(0x0A)
            case UInt8(ascii: "r"): units.append(0x0D)
            case UInt8(ascii: "t"): units.append(0x09)
            case UInt8(ascii: "u"):
                units.append(UInt16(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16) ?? 0xFFFD)
                rest = rest.dropFirst(4)
            default: units.append(UInt16(escape))
            }
        }
        return String(decoding: units, as: UTF16.self)
    }
}
