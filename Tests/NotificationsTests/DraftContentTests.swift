import Notifications
import TestSupport
import Testing

/// What people will see of a draft is inert from here on (P7).
@Suite struct DraftContentTests {
    @Test(arguments: ["\\u0007", "\\u0000", "\\u001b", "\\u007f", "\\u0085", "\\u009f", "\\u202e", "\\u2066"])
    func controlCharactersGo(escape: String) throws {
        let content = try draft([
            "message": "\"a\(escape)b\"", "title": "\"\(escape)c\"", "data": "{\"d\(escape)\":[\"\(escape)e\"]}",
        ]).content
        #expect(content.message == "ab")
        #expect(content.title == "c")
        #expect(content.data == #"{"d":["e"]}"#)
    }

    @Test func linesStayInAMessageAndInData() throws {
        let content = try draft(["message": #""a\r\nb\tc""#, "data": #"{"d":"e\r\nf\tg"}"#]).content
        #expect(content.message == "a\r\nb\tc")
        #expect(content.data == #"{"d":"e\r\nf\tg"}"#)
    }

    @Test func aTitleHasOneLine() throws {
        #expect(try draft(["title": #""a\r\nb\t\t\n\u0001\tc""#]).content.title == "a b c")
    }

    @Test func markupGoes() throws {
        let content = try draft([
            "message": #""<b>Fish & chips</b> <img src=x onerror=alert(1)>&amp; <3""#,
            "title": #""Order <i>7</i> & more<script>alert(1)</script>""#,
            "data": #"{"<b>n</b>":"<b>a</b>","list":["x<br>y",{"deep":"<!--z-->w"}],"m":1,"t":true,"z":null}"#,
        ]).content
        #expect(content.message == "Fish & chips &amp; <3")
        #expect(content.title == "Order 7 & more")
        #expect(content.data == #"{"list":["xy",{"deep":"w"}],"m":1,"n":"a","t":true,"z":null}"#)
    }

    @Test(arguments: [
        "<b></b>", "<script>alert(1)</script>", "<!-- x -->", " <br> \\n ", " ", "\\n", "\\u0000", "\\u202e", "\\u3000",
        "<b>\\u00a0</b>", "<<b>b<b>",
    ])
    func whatCannotBeSeen(text: String) throws {
        let isLeft = text == "<<b>b<b>"
        #expect(try faults(["message": "\"\(text)\""]) == (isLeft ? [] : ["/message empty"]))
        #expect(try draft(["title": "\"\(text)\""]).content.title == (isLeft ? "b" : nil))
    }

    @Test func blanksAroundWhatCanBeSeenStay() throws {
        let content = try draft(["message": #""  <b> x </b>\n""#, "title": #"" <b> x</b> ""#]).content
        #expect(content.message == "   x \n")
        #expect(content.title == "  x ")
    }

    @Test(arguments: [
        (#"{"<b>a":1,"a":2}"#, ["/data duplicate_member"]), (#"{"a\u0000":1,"a":2}"#, ["/data duplicate_member"]),
        (#"{"<i>":1,"<b>":2}"#, ["/data duplicate_member"]), (#"{"<i>":1}"#, []),
        (#"{"x":{"<b>a":1,"a":2}}"#, ["/data/x duplicate_member"]),
        (
            #"{"x":[0,{"a<!---->":1,"a":{"<b>":1,"":2}}]}"#,
            ["/data/x/1 duplicate_member", "/data/x/1/a duplicate_member"]
        ),
        (#"{"a/b":{"c<b>":1,"c":1}}"#, ["/data/a~1b duplicate_member"]), (#"{"a":1,"A":2,"<b":3,"<":4}"#, []),
    ])
    func namesThatBecomeEqual(data: String, expected: [String]) throws {
        #expect(try faults(["data": data]) == expected)
    }

    /// Markup counts for the length of what is sent: it had to be carried, and read, until here.
    @Test func lengthsAreOfWhatWasSent() throws {
        let message = "<b>" + String(repeating: "x", count: 4_093)
        #expect(try draft(["message": "\"\(message)\""]).content.message.utf8.count == 4_093)
        #expect(try faults(["message": "\"\(message)x\""]) == ["/message too_long"])
        let title = String(repeating: "\\u0001", count: 256)
        #expect(try draft(["title": "\"\(title)\""]).content.title == nil)
        #expect(try faults(["title": "\"\(title)\\u0001\""]) == ["/title too_long"])
        let data = "{\"<b>\":\"" + String(repeating: "x", count: Draft.Limit.data - 10) + "\"}"
        #expect(try faults(["data": data]) == [])
        #expect(try faults(["data": "{\"<b>x\"" + data.dropFirst(6)]) == ["/data too_long"])
    }

    @Test func nothingHostileIsLeft() throws {
        for (number, text) in HostileText.all.enumerated() {
            let title = String(text.prefix(60))
            let content = try Draft.read(
                .object([
                    "user_id": .string("ann"), "event_type": .string("new_message"),
                    "message": .string("\(number)" + text),
                    "title": .string(title), "data": .object([text: .array([.string(text)])]),
                ]), types: types, hosts: anyHost, now: now
            ).get().content
            #expect(content.message == PlainText.from("\(number)" + text))
            #expect(content.title ?? "" == PlainText.from(title, lines: .joined).trimmingBlank)
            let data: JSONValue = .object([PlainText.from(text): .array([.string(PlainText.from(text))])])
            #expect(try json(try #require(content.data)) == data)
        }
    }

    @Test func linksOnlyToAllowedHosts() throws {
        let hosts = try AllowedHosts(["example.com", "*.example.org"])
        func faults(_ url: String) throws -> [String] {
            NotificationsTests.faults(try body(["action_url": "\"\(url)\""]), hosts: hosts)
        }
        #expect(try faults("https://example.com/a") == [])
        #expect(try faults("https://a.example.org/") == [])
        #expect(try faults("/orders/1") == [])
        #expect(try faults("https://evil.example/") == ["/action_url host_not_allowed"])
        #expect(try faults("https://example.com.evil.example/") == ["/action_url host_not_allowed"])
        #expect(try faults("//example.com/") == ["/action_url bad_url"])
    }
}

extension String {
    /// Nothing where there is nothing but white space.
    fileprivate var trimmingBlank: String { self.unicodeScalars.allSatisfy(\.properties.isWhitespace) ? "" : self }
}
