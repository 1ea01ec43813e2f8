/// Reads JSON as services send it, in one pass and without Foundation's decoder, which takes ten times as long.
///
/// It knows no rule of its own: whatever is not quite plain (a fraction, a surrogate pair, a name that comes twice, text
/// that is no JSON at all) it leaves to ``JSONValue/init(parsing:)``. What it does read, that one reads alike.
struct PlainJSON {
    private static let deepest = 32

    private let bytes: [UInt8]
    private var place = 0
    private var valuesLeft: Int

    /// - Parameter mostValues: with more than that it gives up.
    init(_ bytes: [UInt8], mostValues: Int) {
        self.bytes = bytes
        self.valuesLeft = mostValues
    }

    /// - Returns: the whole text as a value; `nil` where it is for the other to read.
    mutating func read() -> JSONValue? {
        guard let value = self.value(depth: 0) else { return nil }
        self.passBlanks()
        return self.place == self.bytes.count ? value : nil
    }

    private mutating func value(depth: Int) -> JSONValue? {
        self.valuesLeft -= 1
        guard self.valuesLeft >= 0, depth < Self.deepest else { return nil }
        self.passBlanks()
        switch self.peek {
        case UInt8(ascii: "\""): return self.string().map { .string($0) }
        case UInt8(ascii: "{"): return self.object(depth: depth)
        case UInt8(ascii: "["): return self.array(depth: depth)
        case UInt8(ascii: "t"): return self.take(word: "true") ? .bool(true) : nil
        case UInt8(ascii: "f"): return self.take(word: "false") ? .bool(false) : nil
        case UInt8(ascii: "n"): return self.take(word: "null") ? .null : nil
        default: return self.integer().map { .integer($0) }
        }
    }

    private mutating func object(depth: Int) -> JSONValue? {
        self.place += 1
        var members: [String: JSONValue] = [:]
        self.passBlanks()
        if self.take("}") { return .object(members) }
        while true {
            self.passBlanks()
            guard self.peek == UInt8(ascii: "\""), let name = self.string() else { return nil }
            self.passBlanks()
            guard self.take(":"), let value = self.value(depth: depth + 1),
                members.updateValue(value, forKey: name) == nil
            else { return nil }
            self.passBlanks()
            if self.take("}") { return .object(members) }
            guard self.take(",") else { return nil }
        }
    }

    private mutating func array(depth: Int) -> JSONValue? {
        self.place += 1
        var elements: [JSONValue] = []
        self.passBlanks()
        if self.take("]") { return .array(elements) }
        while true {
            guard let value = self.value(depth: depth + 1) else { return nil }
            elements.append(value)
            self.passBlanks()
            if self.take("]") { return .array(elements) }
            guard self.take(",") else { return nil }
        }
    }

    /// At a quotation mark.
    private mutating func string() -> String? {
        let start = self.place + 1
        var end = start
        var isASCII = true
        while end < self.bytes.count {
            let byte = self.bytes[end]
            if byte == UInt8(ascii: "\"") {
                self.place = end + 1
                let raw = self.bytes[start..<end]
                return isASCII ? String(decoding: raw, as: UTF8.self) : String(validating: raw, as: UTF8.self)
            }
            if byte == UInt8(ascii: "\\") { return self.escapedString(from: start, plainUntil: end) }
            guard byte >= 0x20 else { return nil }
            if byte >= 0x80 { isASCII = false }
            end += 1
        }
        return nil
    }

    private mutating func escapedString(from start: Int, plainUntil first: Int) -> String? {
        var text = Array(self.bytes[start..<first])
        var next = first
        while next < self.bytes.count {
            let byte = self.bytes[next]
            next += 1
            if byte == UInt8(ascii: "\"") {
                self.place = next
                return String(validating: text, as: UTF8.self)
            }
            guard byte >= 0x20 else { return nil }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard next < self.bytes.count else { return nil }
            let escape = self.bytes[next]
            next += 1
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            default: return nil
            }
        }
        return nil
    }

    /// Up to 18 digits, which fit 64 bits whatever they are.
    private mutating func integer() -> Int64? {
        let isNegative = self.take("-")
        let start = self.place
        var number: Int64 = 0
        while let byte = self.peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            guard self.place - start < 18 else { return nil }
            number = number * 10 + Int64(byte - UInt8(ascii: "0"))
            self.place += 1
        }
        let digits = self.place - start
        guard digits > 0, digits == 1 || self.bytes[start] != UInt8(ascii: "0"), !isNegative || number != 0 else {
            return nil
        }
        // A point or an exponent behind it is met by whoever asked, as something that does not belong there.
        return isNegative ? -number : number
    }

    private var peek: UInt8? { self.place < self.bytes.count ? self.bytes[self.place] : nil }

    private mutating func passBlanks() {
        while self.place < self.bytes.count {
            switch self.bytes[self.place] {
            case 0x20, 0x09, 0x0A, 0x0D: self.place += 1
            default: return
            }
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard self.peek == UInt8(ascii: character) else { return false }
        self.place += 1
        return true
    }

    private mutating func take(word: String) -> Bool {
        guard self.bytes[self.place...].starts(with: word.utf8) else { return false }
        self.place += word.utf8.count
        return true
    }
}
