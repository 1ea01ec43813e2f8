import TestSupport
import Testing

@testable import Notifications

/// What holds for any text.
@Suite struct PlainTextPropertyTests {
    private static let lines: [PlainText.Lines] = [.kept, .joined]

    private static let markup: Set<MarkupTokenizer.Kind> = [.startTag, .endTag, .comment, .instruction]

    private func check(_ text: String, _ what: String = "") {
        for lines in Self.lines {
            let wrong = Self.wrong(with: text, lines: lines)
            if !wrong.isEmpty {
                Issue.record(
                    "\(what) \(text.debugDescription) -> \(PlainText.from(text, lines: lines).debugDescription): \(wrong)"
                )
            }
        }
    }

    private static func wrong(with text: String, lines: PlainText.Lines) -> [String] {
        let clean = PlainText.withoutControls(text, lines: lines)
        let stored = PlainText.from(text, lines: lines)
        let left = self.kinds(stored)
        var wrong: [String] = []
        if !left.isDisjoint(with: self.markup) { wrong.append("markup is left") }
        if self.kinds(clean).isDisjoint(with: self.markup) {
            if !stored.utf8.elementsEqual(clean.utf8) { wrong.append("no markup, but changed") }
        } else {
            if !left.isDisjoint(with: [.doctype, .unfinishedTag]) { wrong.append("not quite text") }
            if !self.isWithin(stored, clean) { wrong.append("something was added") }
        }
        if !PlainText.from(stored, lines: lines).utf8.elementsEqual(stored.utf8) { wrong.append("not the end of it") }
        if stored.utf8.count > text.utf8.count { wrong.append("it has grown") }
        return wrong
    }

    private static func kinds(_ text: String) -> Set<MarkupTokenizer.Kind> {
        var tokenizer = MarkupTokenizer(Array(text.utf8))
        var kinds: Set<MarkupTokenizer.Kind> = []
        while let piece = tokenizer.next() { kinds.insert(piece.kind) }
        return kinds
    }

    /// Whether the first is the second less some characters, spaces aside.
    private static func isWithin(_ left: String, _ whole: String) -> Bool {
        var rest = whole.unicodeScalars[...]
        for scalar in left.unicodeScalars where scalar != " " {
            guard let place = rest.firstIndex(of: scalar) else { return false }
            rest = rest[rest.index(after: place)...]
        }
        return true
    }

    @Test func hostileTexts() {
        for (_, texts) in HostileText.groups {
            for (text, next) in zip(texts, texts.dropFirst() + texts.prefix(1)) {
                self.check(text)
                self.check("x" + text + next + "y")
            }
        }
    }

    @Test func harmlessTextsSideBySide() {
        for (left, right) in zip(HostileText.harmless, HostileText.harmless.dropFirst()) {
            self.check(left + right)
            self.check(right + left)
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func texts(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<250 { self.check(random.markup(), "seed \(seed)") }
    }

    /// Every text of up to four of the characters that matter, by itself and behind a tag.
    @Test func allShortTexts() {
        var texts = [""]
        for _ in 0..<4 {
            texts = texts.flatMap { text in ["<", ">", "/", "!", "-", "a", "="].map { text + $0 } }
            for text in texts where text.contains("<") {
                self.check(text)
                self.check("<b>" + text)
            }
        }
    }

    /// The worst that was thought of: each would take some billions of steps if a part of it were looked at once for every
    /// other part.
    @Test(arguments: [
        "<", "<<", "</", "<!", "<!-", "<!--", "<?", "<a ", "<a", "</a ", "<a x=\"", "<a x='\"", "<a x='\"<a =",
        "<script>", "<script></script ", "<script></script", "<style>", "<b></",
        "<b>", "<<b>", "<<b></b>", "<b", "<!--<!", "<!---", "--!", "<!DOCTYPE ", "<![CDATA[", "\u{0}<", "<\u{202E}b",
        "<a\n", "<<a>", "'\"<a ", "</>", "<b><a x='\"", "<a/", "<a =", "é<b>\u{301}",
    ])
    func workIsLinear(piece: String) {
        for start in ["", "<b>"] {
            let text = start + String(repeating: piece, count: 16_384 / piece.utf8.count)
            let bytes = Array(PlainText.withoutControls(text, lines: .kept).utf8)
            let steps = PlainText.inert(bytes).steps
            #expect(steps <= 10 * bytes.count, "\(steps) steps for \(bytes.count) bytes")
        }
    }
}
