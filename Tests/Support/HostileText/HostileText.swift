/// Texts by which somebody might try to have code run in the page that shows them, by the patterns of the public
/// collections. Each calls `alert` where it gets that far.
public enum HostileText {
    public static let groups: [(name: String, texts: [String])] = [
        ("script elements", Self.scripts), ("event handlers", Self.handlers), ("URLs", Self.urls), ("SVG", Self.svg),
        ("MathML", Self.mathML), ("mutation", Self.mutation), ("encodings", Self.encodings),
        ("broken tags", Self.brokenTags), ("half-open tags", Self.halfOpen), ("nested", Self.nested),
        ("comments and declarations", Self.comments), ("raw text", Self.rawText), ("structure", Self.structure),
        ("styles", Self.styles), ("clobbering", Self.clobbering), ("polyglots", Self.polyglots),
        ("control characters", Self.controls), ("direction", Self.direction), ("templates", Self.templates),
    ]

    public static let all: [String] = Self.groups.flatMap(\.texts)

    /// Texts that look like markup here and there and are none: they have to stay as they are.
    public static let harmless: [String] = [
        "", " ", "1 < 2", "1<2", "<3", "I <3 you", "a < b > c", "AT&T", "&", "&amp;", "&lt;b&gt;", "&#60;b&#62;", "<",
        "<<", "<<<", ">",
        ">>", "->", "<-", "<->", "=>", "<=", "<=>", "a<", "a <", "</", "</>", "x</>y", "< b>", "<\tb>", "<\nscript>",
        "< script>alert(1)</", "<1>", "<_a>", "<-a>", "<.a>", "<é>", "<漢>", "<😀>", "<=a>", "<'a'>", "<\"a\">", "<>",
        "<#>",
        "<$x>", "<%= x %>", "<(b)>", "<[b]>", "<{b}>", "<:b>", "<@ann>", "<+1 555>", "a <b", "a <b c=d",
        "<a href=\"x>y", "<a href='>",
        "if (a<b", "vector<int", "x </b", "</b", "<b/", "<b ", "<b x=\"", "<b x=y", "<b x='<i>", "<!DOCTYPE html>",
        "<!doctype>",
        "<!DOCTYPE html PUBLIC \"a", "a<!DocType x>b", "-->", "--!>", "]]>", "?>", "\"><", "'>", "\\u003cb\\u003e",
        "%3Cscript%3E",
        "＜script＞alert(1)＜/script＞", "‹b›", "javascript:alert(1)", "{{7*7}}", "${7*7}", "one\ntwo\r\nthree\tfour",
        "e\u{301}",
        "<\u{301}b>", "👨‍👩‍👧‍👦 \u{1F1E9}\u{1F1EA}", "\u{200F}עברית\u{200E} \u{61C}", "a\u{2028}b\u{2029}c",
        "\u{FEFF}a\u{FFFE}\u{10FFFF}",
        "<\u{200B}script>", "<\u{FE0F}b>", "x<\u{338}y",
    ]
}
