/// Finds what is not text, as HTML's tokenizer does from its data state
/// (https://html.spec.whatwg.org/multipage/parsing.html#tokenization).
///
/// It knows no elements: after a start tag it stays in the data state, and who wants to pass what is in a `script` does so
/// by ``passContent(of:)``. It works on bytes of UTF-8, all that it looks for being ASCII.
struct MarkupTokenizer {
    /// Something between characters.
    struct Piece: Hashable {
        let kind: Kind
        /// From its `<` to behind its end.
        let range: Range<Int>
    }

    enum Kind: Hashable {
        case startTag, endTag, comment, doctype
        /// From `<?` to the next `>`. The standard made a comment of it until 2026, and since then, where a name follows, a
        /// processing instruction.
        case instruction
        /// `</>`, of which the tokenizer makes nothing at all.
        case nothing
        /// A tag that the text ends in; of it, too, the tokenizer makes nothing.
        case unfinishedTag
    }

    private let bytes: [UInt8]
    /// Where to go on. May be set back into an unfinished tag.
    var position = 0
    /// How many bytes were looked at in all; a small multiple of their number, whatever they are.
    private(set) var steps = 0
    /// For each place the states in which a tag has gone through it without an end, one bit each: who comes there in the
    /// same state will find none either. Empty until the first tag without an end.
    private var endless: [UInt8] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The next piece; what lies between two is text. `nil` at the end.
    mutating func next() -> Piece? {
        while self.position < self.bytes.count {
            let start = self.position
            self.steps += 1
            self.position += 1
            guard self.bytes[start] == UInt8(ascii: "<"), let second = self.byte(at: start + 1) else { continue }
            switch second {
            case UInt8(ascii: "!"): return self.declaration(from: start)
            case UInt8(ascii: "?"):
                return self.piece(.instruction, from: start, to: self.afterGreaterThan(from: start + 2))
            case UInt8(ascii: "/"):
                guard let third = self.byte(at: start + 2) else { continue }
                if Self.isLetter(third) { return self.tag(.endTag, from: start, nameAt: start + 2) }
                if third == UInt8(ascii: ">") { return self.piece(.nothing, from: start, to: start + 3) }
                return self.piece(.comment, from: start, to: self.afterGreaterThan(from: start + 2))
            default:
                if Self.isLetter(second) { return self.tag(.startTag, from: start, nameAt: start + 1) }
            }
        }
        return nil
    }

    /// The name of a tag in small letters, which is what HTML knows it by.
    func name(of tag: Piece) -> String {
        let rest = self.bytes[tag.range].drop { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "/") }
        let name = rest.prefix { TagState.name.after($0) == .name }
        return String(decoding: name.map(lowercased), as: UTF8.self)
    }

    /// Goes on behind the end tag of an element whose content is raw text, or at the end where there is none.
    ///
    /// - Parameter name: in small letters.
    mutating func passContent(of name: String) {
        let name = Array(name.utf8)
        while let start = self.bytes[self.position...].firstIndex(of: UInt8(ascii: "<")) {
            self.steps += start + 1 - self.position
            self.position = start + 1
            let end = start + 2 + name.count
            guard self.byte(at: start + 1) == UInt8(ascii: "/"), let byte = self.byte(at: end),
                TagState.name.after(byte) != .name, self.has(name, at: start + 2)
            else { continue }
            self.position = self.endOfTag(from: end) ?? self.bytes.count
            return
        }
        self.steps += self.bytes.count - self.position
        self.position = self.bytes.count
    }

    /// Whether the tokenizer leaves its data state at a `<` that this comes after.
    static func mayFollowLessThan(_ byte: UInt8) -> Bool {
        self.isLetter(byte) || [UInt8(ascii: "/"), UInt8(ascii: "!"), UInt8(ascii: "?")].contains(byte)
    }

    // MARK: Pieces

    private mutating func tag(_ kind: Kind, from start: Int, nameAt place: Int) -> Piece {
        guard let end = self.endOfTag(from: place) else {
            return self.piece(.unfinishedTag, from: start, to: self.bytes.count)
        }
        return self.piece(kind, from: start, to: end)
    }

    /// Behind the `>` of the tag whose name is here.
    private mutating func endOfTag(from start: Int) -> Int? {
        var state = TagState.name
        for place in start..<self.bytes.count {
            self.steps += 1
            if !self.endless.isEmpty {
                guard self.endless[place] & state.bit == 0 else { return nil }
                self.endless[place] |= state.bit
            }
            guard let next = state.after(self.bytes[place]) else { return place + 1 }
            state = next
        }
        if self.endless.isEmpty { self.endless = [UInt8](repeating: 0, count: self.bytes.count) }
        return nil
    }

    /// From `<!` on. What `[CDATA[` begins is a comment in HTML, which ends with the next `>`.
    private mutating func declaration(from start: Int) -> Piece {
        if self.has(Array("--".utf8), at: start + 2) {
            return self.piece(.comment, from: start, to: self.endOfComment(from: start + 4))
        }
        // In every state of a DOCTYPE a `>` ends it, in a quoted identifier as well.
        let isDoctype = self.has(Array("doctype".utf8), at: start + 2)
        return self.piece(isDoctype ? .doctype : .comment, from: start, to: self.afterGreaterThan(from: start + 2))
    }

    private mutating func endOfComment(from start: Int) -> Int {
        var state = CommentState.start
        for place in start..<self.bytes.count {
            self.steps += 1
            guard let next = state.after(self.bytes[place]) else { return place + 1 }
            state = next
        }
        return self.bytes.count
    }

    private mutating func afterGreaterThan(from start: Int) -> Int {
        let end = self.bytes[start...].firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 } ?? self.bytes.count
        self.steps += end - start
        return end
    }

    private mutating func piece(_ kind: Kind, from start: Int, to end: Int) -> Piece {
        self.position = end
        return Piece(kind: kind, range: start..<end)
    }

    // MARK: Bytes

    private func byte(at place: Int) -> UInt8? { place < self.bytes.count ? self.bytes[place] : nil }

    /// Whether this text, of small letters, is here in letters of either case.
    private func has(_ text: [UInt8], at place: Int) -> Bool {
        self.bytes[min(place, self.bytes.count)...].prefix(text.count).lazy.map(lowercased).elementsEqual(text)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lowercased(byte))
    }
}
