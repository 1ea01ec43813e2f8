extension PlainText {
    /// Takes out control characters (category Cc) but line breaks and tabs, and the characters that turn the direction of
    /// writing around: with them a text can be made to show as another one.
    static func withoutControls(_ text: String, lines: Lines) -> String {
        guard text.unicodeScalars.contains(where: { self.isControl($0) || self.isDirectionControl($0) }) else {
            return text
        }
        var output = String.UnicodeScalarView()
        var isInBreak = false
        for scalar in text.unicodeScalars {
            let isBreak = scalar == "\t" || scalar == "\n" || scalar == "\r"
            if !isBreak && (self.isControl(scalar) || self.isDirectionControl(scalar)) { continue }
            switch lines {
            case .joined where isBreak:
                if !isInBreak { output.append(" ") }
            case .joined, .kept: output.append(scalar)
            }
            isInBreak = isBreak
        }
        return String(output)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    /// Embeddings, overrides and isolates (UAX #9 section 2). The marks LRM, RLM and ALM stay: text from right to left
    /// needs them, and they turn nothing but what is beside them.
    private static func isDirectionControl(_ scalar: Unicode.Scalar) -> Bool {
        (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }
}
