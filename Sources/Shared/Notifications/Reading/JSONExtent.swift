/// How much there is in a JSON text, told without decoding it: a decoder may spend microseconds on each value, and a body
/// of a few megabytes can hold millions.
public struct JSONExtent: Sendable, Hashable {
    /// Elements of the outermost array, or members of the outermost object.
    public private(set) var elements = 0
    /// Values altogether, member names not counted.
    public private(set) var values = 0

    /// For text that is not JSON the numbers mean nothing, but are still no higher than the count of its bytes.
    public init(of json: some Sequence<UInt8>) {
        var depth = 0
        var isInString = false
        var isEscaped = false
        var isEmptySoFar = false
        for byte in json {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: continue
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                self.beginValue(ifEmpty: isEmptySoFar, depth: depth)
                depth += 1
                isEmptySoFar = true
                continue
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                isEmptySoFar = false
                continue
            case UInt8(ascii: ","):
                self.values += 1
                if depth == 1 { self.elements += 1 }
                continue
            default: break
            }
            self.beginValue(ifEmpty: isEmptySoFar, depth: depth)
            isEmptySoFar = false
        }
    }

    /// Every value but the first of a container is counted by the comma before it.
    private mutating func beginValue(ifEmpty isFirst: Bool, depth: Int) {
        guard isFirst else { return }
        self.values += 1
        if depth == 1 { self.elements += 1 }
    }
}
