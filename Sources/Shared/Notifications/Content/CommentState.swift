/// Where in a comment HTML's tokenizer stands, behind `<!--`. The states after a `<` are left out: they tell of nested
/// comments, which is an error in HTML, and end where the others do.
enum CommentState {
    case start, startDash, inside, endDash, end, endBang

    /// The state that one more byte leads to; `nil` if it ends the comment, as in `-->`, `--!>`, `<!-->` and `<!--->`.
    func after(_ byte: UInt8) -> CommentState? {
        switch (self, byte) {
        case (.start, UInt8(ascii: ">")), (.startDash, UInt8(ascii: ">")), (.end, UInt8(ascii: ">")),
            (.endBang, UInt8(ascii: ">")):
            nil
        case (.start, UInt8(ascii: "-")): .startDash
        case (.startDash, UInt8(ascii: "-")), (.endDash, UInt8(ascii: "-")), (.end, UInt8(ascii: "-")): .end
        case (.inside, UInt8(ascii: "-")), (.endBang, UInt8(ascii: "-")): .endDash
        case (.end, UInt8(ascii: "!")): .endBang
        default: .inside
        }
    }
}
