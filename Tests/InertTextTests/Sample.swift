import Foundation
import TestSupport

@testable import Notifications

/// One text, what is stored of it, and what our tokenizer found in it, to be held against what Chromium finds.
struct Sample: Encodable, Sendable {
    /// Without control characters: they are taken out before anybody looks for markup.
    let input: String
    let stored: String
    /// Names of start tags, in order.
    let startTags: [String]
    /// Whether there is a tag of which HTML makes an element where it stands: most start tags, and the end tags of `p`
    /// and `br`.
    let makesElement: Bool
    /// Processing instructions among them.
    let comments: Int
    /// Whether the last of them is an instruction that the text ends in: Chromium makes nothing of most of those.
    let endsInInstruction: Bool
    /// The characters that the tokenizer lets through, piece by piece.
    let characters: [String]
    /// Whether all elements are of names that HTML has no rules for, so that each start tag is one element.
    let isPlain: Bool

    init(_ text: String, isPlain: Bool = false) {
        self.input = PlainText.withoutControls(text, lines: .kept)
        self.stored = PlainText.from(text)
        self.isPlain = isPlain
        let bytes = Array(self.input.utf8)
        var tokenizer = MarkupTokenizer(bytes)
        var startTags: [String] = []
        var makesElement = false
        var comments = 0
        var endsInInstruction = false
        var characters: [String] = []
        var position = 0
        while let piece = tokenizer.next() {
            characters.append(String(decoding: bytes[position..<piece.range.lowerBound], as: UTF8.self))
            position = piece.range.upperBound
            switch piece.kind {
            case .startTag:
                startTags.append(tokenizer.name(of: piece))
                makesElement = makesElement || !Self.ignored.contains(tokenizer.name(of: piece))
            case .endTag: makesElement = makesElement || ["p", "br"].contains(tokenizer.name(of: piece))
            case .comment: comments += 1
            case .instruction:
                comments += 1
                endsInInstruction = bytes.last != UInt8(ascii: ">") && piece.range.upperBound == bytes.count
            case .doctype, .nothing, .unfinishedTag: break
            }
        }
        characters.append(String(decoding: bytes[position...], as: UTF8.self))
        self.startTags = startTags
        self.makesElement = makesElement
        self.comments = comments
        self.endsInInstruction = endsInInstruction
        self.characters = characters
    }

    /// Start tags that HTML ignores in a `div` ("in body" insertion mode, fragment case).
    private static let ignored: Set<String> = [
        "body", "caption", "col", "colgroup", "frame", "frameset", "head", "html", "tbody", "td", "tfoot", "th",
        "thead", "tr",
    ]
}
