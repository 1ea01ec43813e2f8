public import FoundationEssentials

extension [UInt8] {
    /// Two lower-case hexadecimal digits, as ids and traces are written.
    public mutating func appendHex(_ byte: UInt8) {
        self.append(hexDigit(byte >> 4))
        self.append(hexDigit(byte & 15))
    }

    /// As `UUID.lowercasedText` is.
    public mutating func appendText(of uuid: UUID) {
        for (place, byte) in uuid.bytes.enumerated() {
            if place == 4 || place == 6 || place == 8 || place == 10 { self.append(UInt8(ascii: "-")) }
            self.appendHex(byte)
        }
    }
}

extension UUID {
    /// As RFC 9562 section 4 asks of what is written.
    public var lowercasedText: String { String(decoding: self.lowercasedASCII, as: UTF8.self) }

    /// The bytes of ``lowercasedText``.
    public var lowercasedASCII: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        text.appendText(of: self)
        return text
    }

    /// Whether a text is ``lowercasedText``, without making that: it costs more than all else of a request.
    public func isSpelled(by text: [UInt8]) -> Bool {
        guard text.count == 36 else { return false }
        var place = 0
        for byte in self.bytes {
            if place == 8 || place == 13 || place == 18 || place == 23 {
                guard text[place] == UInt8(ascii: "-") else { return false }
                place += 1
            }
            guard text[place] == hexDigit(byte >> 4), text[place + 1] == hexDigit(byte & 15) else { return false }
            place += 2
        }
        return true
    }
}

private func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}

/// `nil` for what is no lower-case hexadecimal digit.
func hexDigitValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
}
