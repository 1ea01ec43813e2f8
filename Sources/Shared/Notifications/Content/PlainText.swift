/// Makes text inert (P7): what comes out is text and nothing else, also where somebody hands it to `innerHTML`.
///
/// Control characters go first, then markup, for `<\u{1}script>` would become a tag by losing its control character. What
/// is markup is decided by HTML's own tokenizer (``MarkupTokenizer``), so that "1 < 2", "<3", "AT&T" and "a <b" stay as
/// they were typed. Character references stay too, and are never decoded: `&lt;b&gt;` shows as `<b>`.
public enum PlainText {
    /// What becomes of line breaks and tabs.
    public enum Lines: Sendable {
        case kept
        /// A run of them becomes one space, as a title has it.
        case joined
    }

    /// - Returns: text that HTML's tokenizer, beginning in its data state, finds no tag and no comment in; the text itself
    ///   where it found none to begin with. It is never longer in bytes, and making it inert again changes nothing.
    public static func from(_ text: String, lines: Lines = .kept) -> String {
        self.withoutMarkup(self.withoutControls(text, lines: lines))
    }

    static func withoutMarkup(_ text: String) -> String {
        // Without a `<` there is none.
        guard text.utf8.contains(UInt8(ascii: "<")), let output = self.inert(Array(text.utf8)).output else {
            return text
        }
        // Whole ASCII characters were taken out of UTF-8.
        return String(decoding: output, as: UTF8.self)
    }

    /// Takes out tags, comments and DOCTYPEs, `script` and `style` with what is in them, in one pass.
    ///
    /// - Returns: what is left, `nil` where there is no tag and no comment, and how much work it was.
    static func inert(_ bytes: [UInt8]) -> (output: [UInt8]?, steps: Int) {
        var tokenizer = MarkupTokenizer(bytes)
        var output = InertBytes(from: bytes)
        var hasMarkup = false
        while let piece = tokenizer.next() {
            switch piece.kind {
            case .nothing: continue
            case .doctype: output.leaveOut(piece.range)
            case .endTag, .comment, .instruction:
                hasMarkup = true
                output.leaveOut(piece.range)
            case .startTag:
                hasMarkup = true
                let name = tokenizer.name(of: piece)
                if name == "script" || name == "style" { tokenizer.passContent(of: name) }
                output.leaveOut(piece.range.lowerBound..<tokenizer.position)
            case .unfinishedTag:
                // The tokenizer drops it with the end of the text, and it is all that there is: as it was typed.
                guard hasMarkup else { return (nil, tokenizer.steps) }
                // Its `<` becomes text, and what comes after it is looked at by itself.
                output.blunt(at: piece.range.lowerBound)
                tokenizer.position = piece.range.lowerBound + 1
            }
        }
        return (hasMarkup ? output.finish() : nil, tokenizer.steps)
    }
}
