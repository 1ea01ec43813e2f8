import Notifications
import TestSupport
import Testing

@Suite struct PlainTextTests {
    @Test(arguments: HostileText.harmless)
    func whatIsNoMarkupStays(text: String) {
        #expect(Array(PlainText.from(text).utf8) == Array(text.utf8))
    }

    @Test(arguments: [
        ("<b>Fish & chips</b>", "Fish & chips"), ("a<br>b", "ab"), ("a <b>b</b> c", "a b c"),
        ("<p>x</p>\n<p>y</p>", "x\ny"), ("&lt;b&gt;<i>", "&lt;b&gt;"),
        ("<a href=\"x>y\">z</a>", "z"), ("<!-- x -->y", "y"), ("<!DOCTYPE html><p>x", "x"), ("<?xml?>x", "x"),
        ("x<!--", "x"), ("</ x>y", "y"),
        ("1 < 2 <b>and</b> 3 > 2", "1 < 2 and 3 > 2"), ("<b>x</></b>", "x</>"), ("<3 <b>you</b>", "<3 you"),
        ("<i>AT&T</i>", "AT&T"),
        ("<SCRIPT>alert(1)</SCRIPT>x", "x"), ("a<script>b</script>c<style>d</style>e", "ace"), ("a<script>b", "a"),
        ("a<script>b</script", "a"),
        ("a<script>b</scriptc></script d>e", "ae"), ("a<script/>b</script>c", "ac"),
        ("<style>x</script></style>y", "y"), ("</script>x", "x"),
        ("<scripts>x</scripts>", "x"), ("<title>x</title>", "x"), ("<textarea><b>x</b></textarea>", "x"),
        ("<noscript><img></noscript>x", "x"),
        ("<xmp>x<script>y</script></xmp>", "x"), ("<plaintext>x</plaintext>", "x"),
        ("<svg><script>x</script>y</svg>", "y"),
        ("<svg><![CDATA[<b>x]]></svg>", "x]]>"), ("<iframe srcdoc='<b>x</b>'>y</iframe>", "y"), ("<x-y>z</x-y>", "z"),
        // What is unfinished at the end, where there is markup before it.
        ("<i>x</i> a <b", "x a < b"), ("<i>x</i></b", "x< /b"), ("<i></i>if a <b and c <d", "if a < b and c < d"),
        ("<i>x</i> <a href=\"<b>y</b>", "x < a href=\"y"),
        ("<i>x</i><", "x<"), ("<i>x</i></", "x</"), ("<i>x</i> <3", "x <3"), ("<i>x</i><!DOCTYPE y", "x"),
        ("<i>x</i><script", "x< script"),
        ("<b></b><a<a<a<a<a<a<a<a", "< a< a< a< a< a< a< aa"), ("<i><a<a<a<a", "< a< a< aa"),
        // What was apart and comes together.
        ("<<b>script>alert(1)<<b>/script>", "script>alert(1)/script>"), ("<<b>b>", "b>"), ("<<<<b>b>", "b>"),
        ("<<b><<i>b>", "b>"), ("<<b>/<i>b>", "/b>"),
        ("<<b>!--x-->", "!--x-->"), ("<<b>?x>", "?x>"), ("<<b>/>", "/>"), ("<<b>3", "<3"), ("<<b> b>", "< b>"),
        ("<<b><3", "<<3"), ("<<b>é>", "<é>"), ("<<b>>", "<>"),
        ("<<!---->b>", "b>"), ("<<script>x</script>b>", "b>"), ("<<!DOCTYPE x>b><i>", "b>"), ("<scr<b>ipt>x", "ipt>x"),
        ("<<b>a<<b>b", "ab"), ("<i></i><<a", "<< a"),
        // Marks join what is left, and nothing of theirs is lost.
        ("e<b>\u{301}</b>", "e\u{301}"), ("<b\u{301}>x", "x"), ("<b>\u{338}x", "\u{338}x"),
        ("👨<b>\u{200D}👩</b>", "👨\u{200D}👩"),
    ])
    func markupGoes(text: String, left: String) {
        #expect(Array(PlainText.from(text).utf8) == Array(left.utf8), "\(PlainText.from(text))")
    }

    @Test(arguments: [
        ("a\u{0}b\u{1F}c\u{7F}d\u{80}e\u{9F}f", "abcdef"), ("a\u{A0}b\u{AD}c", "a\u{A0}b\u{AD}c"),
        ("a\tb\nc\rd\r\ne", "a\tb\nc\rd\r\ne"), ("a\u{B}b\u{C}c\u{85}d", "abcd"),
        ("\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}x\u{2066}\u{2067}\u{2068}\u{2069}", "x"),
        ("\u{2029}\u{202F}\u{2065}\u{206A}", "\u{2029}\u{202F}\u{2065}\u{206A}"),
        ("\u{200E}\u{200F}\u{61C}", "\u{200E}\u{200F}\u{61C}"), ("<\u{1}script>x</\u{1}script>y", "y"),
        ("<!-\u{0}-x-->y", "y"), ("<\u{202E}b>x", "x"), ("<b\u{0}>x", "x"),
    ])
    func controlCharactersGo(text: String, left: String) {
        #expect(Array(PlainText.from(text).utf8) == Array(left.utf8))
    }

    @Test(arguments: [
        ("a\nb", "a b"), ("a\r\nb", "a b"), ("a\n\n\t\nb", "a b"), ("a \n b", "a   b"), ("\na\n", " a "),
        ("a\n\u{0}\nb", "a b"), ("<b\nx>c\n</b>\nd", "c  d"), ("<\nb>", "< b>"),
    ])
    func linesAreJoined(text: String, left: String) {
        #expect(PlainText.from(text, lines: .joined) == left)
    }
}
