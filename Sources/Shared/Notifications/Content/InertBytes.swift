/// The text that is left of another one when its markup has been taken out.
///
/// What was apart comes together where a piece is taken out, and must not make new markup: of
/// `<<b>script>` would remain a tag. The tokenizer leaves its data state only at a `<` before a letter, `/`, `!` or `?`.
/// So where a piece was taken out before one of these, a `<` in front of it goes as well.
struct InertBytes {
    private let source: [UInt8]
    private var output: [UInt8] = []
    /// Up to where the source was taken or left out.
    private var position = 0
    /// Whether something was left out since the last byte was taken.
    private var isAtSeam = false

    init(from source: [UInt8]) {
        self.source = source
        self.output.reserveCapacity(source.count)
    }

    /// Takes what comes before a piece, and leaves the piece out.
    ///
    /// - Precondition: pieces come in order.
    mutating func leaveOut(_ piece: Range<Int>) {
        self.take(upTo: piece.lowerBound)
        self.position = piece.upperBound
        self.isAtSeam = true
    }

    /// Takes what comes before a `<`, and then the `<` with a space behind it: no text that somebody puts after it makes
    /// a tag of it. Where that would make the text longer than what it was made of, the `<` is left out instead.
    mutating func blunt(at place: Int) {
        self.take(upTo: place)
        guard self.output.count + 2 <= place + 1 else {
            self.leaveOut(place..<place + 1)
            return
        }
        self.take(upTo: place + 1)
        self.output.append(UInt8(ascii: " "))
    }

    /// Takes the rest.
    mutating func finish() -> [UInt8] {
        self.take(upTo: self.source.count)
        return self.output
    }

    private mutating func take(upTo end: Int) {
        guard self.position < end else { return }
        if self.isAtSeam, MarkupTokenizer.mayFollowLessThan(self.source[self.position]) {
            while self.output.last == UInt8(ascii: "<") { self.output.removeLast() }
        }
        self.output += self.source[self.position..<end]
        self.position = end
        self.isAtSeam = false
    }
}
