import TestSupport
import Testing

@testable import Notifications

/// The pieces of a text, each as its kind and what it is made of.
private func pieces(_ text: String) -> [String] {
    var tokenizer = MarkupTokenizer(Array(text.utf8))
    var found: [String] = []
    while let piece = tokenizer.next() {
        found.append("\(piece.kind) " + String(decoding: Array(text.utf8)[piece.range], as: UTF8.self))
    }
    return found
}

@Suite struct MarkupTokenizerTests {
    @Test(arguments: HostileText.harmless)
    func harmlessTextHasNoTagAndNoComment(text: String) {
        for piece in pieces(text) {
            #expect(["nothing", "doctype", "unfinishedTag"].contains { piece.hasPrefix("\($0) ") }, "\(piece)")
        }
    }

    @Test(
        arguments: [
            ("a<b>c</b>d", ["startTag <b>", "endTag </b>"]), ("<b/>", ["startTag <b/>"]),
            ("<B x=y>", ["startTag <B x=y>"]),
            ("<b x=\">\">", ["startTag <b x=\">\">"]), ("<b x='>'>", ["startTag <b x='>'>"]),
            ("<b x=\"'>\">", ["startTag <b x=\"'>\">"]),
            ("<b x=a\">\">", ["startTag <b x=a\">"]), ("<b \">\">", ["startTag <b \">"]),
            ("<b x=>\">", ["startTag <b x=>"]),
            ("<b x = \">\" >", ["startTag <b x = \">\" >"]), ("<b x\n=\n'>'>", ["startTag <b x\n=\n'>'>"]),
            ("<b =\">\">", ["startTag <b =\">"]),
            ("<b ==\">\">", ["startTag <b ==\">\">"]), ("<b x =y=\">\">", ["startTag <b x =y=\">"]),
            ("<b x=\"a\"y=\">\">", ["startTag <b x=\"a\"y=\">\">"]),
            ("<b x=\"a\"=\">\">", ["startTag <b x=\"a\"=\">"]), ("<b/x=\">\">", ["startTag <b/x=\">\">"]),
            ("<b x/=\">\">", ["startTag <b x/=\">"]),
            ("<b/ />", ["startTag <b/ />"]), ("<b<c>", ["startTag <b<c>"]), ("<b <c>", ["startTag <b <c>"]),
            ("<<b>", ["startTag <b>"]),
            ("</b x=\">\">", ["endTag </b x=\">\">"]), ("</b/>", ["endTag </b/>"]), ("</ b>c>", ["comment </ b>"]),
            ("</1>", ["comment </1>"]),
            ("</<b>c>", ["comment </<b>"]), ("</>x", ["nothing </>"]), ("</", []), ("<", []),
            ("x</\n", ["comment </\n"]),
            ("<b", ["unfinishedTag <b"]), ("</b ", ["unfinishedTag </b "]),
            ("x<b y=\"<c>", ["unfinishedTag <b y=\"<c>"]),
            ("<i><b y='>", ["startTag <i>", "unfinishedTag <b y='>"]),
            ("<!---->x", ["comment <!---->"]), ("<!-->x", ["comment <!-->"]), ("<!--->x", ["comment <!--->"]),
            ("<!--x-->y", ["comment <!--x-->"]),
            ("<!--x--!>y", ["comment <!--x--!>"]), ("<!----!>y", ["comment <!----!>"]),
            ("<!--!>x-->y", ["comment <!--!>x-->"]),
            ("<!--x--!-->y", ["comment <!--x--!-->"]), ("<!--x--!->y-->", ["comment <!--x--!->y-->"]),
            ("<!--x-->-->", ["comment <!--x-->"]),
            ("<!--x--->y", ["comment <!--x--->"]), ("<!--x-- >y-->", ["comment <!--x-- >y-->"]),
            ("<!--<!-->x", ["comment <!--<!-->"]),
            ("<!--<!--->x", ["comment <!--<!--->"]), ("<!--<!--!>x", ["comment <!--<!--!>"]),
            ("<!--<!>-->x", ["comment <!--<!>-->"]),
            ("<!--<!--x-->y-->", ["comment <!--<!--x-->"]), ("<!--<!-x-->y", ["comment <!--<!-x-->"]),
            ("<!--<->-->", ["comment <!--<->-->"]),
            ("<!--x", ["comment <!--x"]), ("<!--x--", ["comment <!--x--"]), ("<!--x--!", ["comment <!--x--!"]),
            ("<!--", ["comment <!--"]),
            ("<!", ["comment <!"]), ("<!>x", ["comment <!>"]), ("<!-x-->y", ["comment <!-x-->"]),
            ("<!x>y", ["comment <!x>"]), ("<!\">\">", ["comment <!\">"]),
            ("<![CDATA[<b>x]]>", ["comment <![CDATA[<b>"]), ("<?", ["instruction <?"]),
            ("<?x?>y", ["instruction <?x?>"]),
            ("<?x \">\"?>", ["instruction <?x \">"]),
            ("<!DOCTYPE x>y", ["doctype <!DOCTYPE x>"]), ("<!doctype>", ["doctype <!doctype>"]),
            ("<!DocTypeX", ["doctype <!DocTypeX"]),
            ("<!DOCTYPE x PUBLIC \"y>\">", ["doctype <!DOCTYPE x PUBLIC \"y>"]), ("<!DOCTYP>", ["comment <!DOCTYP>"]),
            ("<b\u{301}>", ["startTag <b\u{301}>"]), ("<\u{301}b>", []), ("<é>", []), ("<b>\u{338}", ["startTag <b>"]),
        ] as [(String, [String])])
    func finds(text: String, expected: [String]) {
        #expect(pieces(text).map { Array($0.utf8) } == expected.map { Array($0.utf8) })
    }

    @Test(arguments: [
        ("<b>", "b"), ("<SCRIPT >", "script"), ("</B\n>", "b"), ("<a/b>", "a"),
        ("<x-y:z.1=\"2'3<4>", "x-y:z.1=\"2'3<4"), ("<bÉ>", "bÉ"),
    ])
    func names(tag: String, name: String) throws {
        var tokenizer = MarkupTokenizer(Array(tag.utf8))
        let piece = tokenizer.next()
        #expect(tokenizer.name(of: try #require(piece)) == name)
    }

    @Test(arguments: [
        ("x</script>y", "y"), ("x</SCRIPT >y", "y"), ("x</script\n a=\">\">y", "y"), ("x</script/>y", "y"),
        ("</scripts></script>y", "y"),
        ("</ script></scrip></script>y", "y"), ("<</script>y", "y"), ("<b></b>", ""), ("x", ""), ("", ""),
        ("</script", ""), ("</script a='>", ""),
        ("<!-- </script> -->", " -->"), ("</style></script>y", "y"),
    ])
    func passesContent(text: String, rest: String) {
        let bytes = Array(text.utf8)
        var tokenizer = MarkupTokenizer(bytes)
        tokenizer.passContent(of: "script")
        #expect(String(decoding: bytes[tokenizer.position...], as: UTF8.self) == rest)
    }
}
