extension String {
    /// Without what a terminal would obey rather than show: users, reasons and bytes are strangers' text. Controls, line
    /// breaks, turns of the writing's direction and what is invisible become `\u{1B}`.
    var printable: String {
        guard self.unicodeScalars.contains(where: \.isUnprintable) else { return self }
        return self.unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.isUnprintable {
                text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }

    /// The same for a text that is JSON, of which it makes the same JSON.
    var printableJSON: String {
        guard self.unicodeScalars.contains(where: \.isUnprintable) else { return self }
        return self.unicodeScalars.reduce(into: "") { text, scalar in
            guard scalar.isUnprintable else {
                text.unicodeScalars.append(scalar)
                return
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isUnprintable: Bool {
        switch self.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: false
        }
    }
}
