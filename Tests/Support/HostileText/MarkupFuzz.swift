internal import Foundation

extension SeededGenerator {
    /// Text of pieces that HTML's tokenizer has states for, put together at random.
    public mutating func markup(of pieces: [String] = MarkupFuzz.pieces, upTo count: Int = 24) -> String {
        (0..<Int.random(in: 1...count, using: &self)).reduce(into: "") { text, _ in
            text.unicodeScalars += pieces[Int.random(in: pieces.indices, using: &self)].unicodeScalars
        }
    }
}

public enum MarkupFuzz {
    /// The same in every run, so that nobody's change meets a counterexample that it has nothing to do with. They are
    /// hunted with another number in `NOTIFI_FUZZ_SEED`.
    public static let seed: UInt64 = {
        guard let text = ProcessInfo.processInfo.environment["NOTIFI_FUZZ_SEED"] else { return 20_261_121 }
        guard let seed = UInt64(text) else { preconditionFailure("NOTIFI_FUZZ_SEED is no number: \(text)") }
        return seed
    }()

    /// What the states of tags, comments and declarations look for.
    public static let syntax: [String] = [
        "<", "<", "<", "</", "</", "<!", "<!--", "<!--", "-->", "--!>", "<?", "<![CDATA[", "]]>", "<!DOCTYPE", ">", ">",
        ">", "/>", "/", "=", "\"", "'", "-",
        "--", "!", "?", " ", "\n", "\t", "\r", "&", "&lt;", "&#60;", "&amp", ";", "x", "é", "\u{301}", "😀", "1", "<3",
        "</>", "x y", "x=\"", "x='", "x=y", "\" ", "' ",
    ]

    /// Names that HTML has no rules for: each start tag makes an element where it stands.
    public static let plainNames: [String] = [
        "xa", "XB", "x-c", "<xa", "</xa", "<XB ", "</xb>", "<x-c>", "<xa>", "<xa x='",
    ]

    /// Names that HTML has many rules for, and what runs.
    public static let ruledNames: [String] = [
        "<b", "<i>", "</b>", "<p>", "</p>", "</br>", "<img src=x onerror=alert(1)", "<img src=x onerror=alert(1)>",
        "<svg", "<svg>", "<math>", "<table>", "<td>", "<tr", "<select>", "<template>", "<html>",
        "<body onload=alert(1)>", "<head>", "<frameset>", "<col>", "<script", "<script>", "</script", "</script>",
        "<style>", "</style>", "alert(1)", "onload=alert(1)", "<textarea>", "</textarea>", "<title>",
        "</title>", "<xmp>", "</xmp>", "<iframe>", "<noscript>", "<plaintext>", "a b", "script", "style", "SCRIPT",
        "img",
    ]

    /// What is to be taken out before markup is looked for.
    public static let controls: [String] = [
        "\u{0}", "\u{1}", "\u{C}", "\u{7F}", "\u{85}", "\u{202E}", "\u{2066}", "\u{200F}",
    ]

    public static let pieces: [String] = Self.syntax + Self.ruledNames + Self.plainNames + Self.controls
}
