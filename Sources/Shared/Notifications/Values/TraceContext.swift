/// The `traceparent` of W3C Trace Context (https://www.w3.org/TR/trace-context/#traceparent-header), which travels from
/// the POST to the inbox row and every log line. Numbers, since many more are carried about than are ever written out.
public struct TraceContext: Sendable, Hashable, CustomStringConvertible {
    private let trace: (high: UInt64, low: UInt64)
    private let parent: UInt64
    private let flagBits: UInt64

    public var traceID: String { hex((self.trace.high, 16), (self.trace.low, 16)) }
    public var parentID: String { hex((self.parent, 16)) }
    public var flags: String { hex((self.flagBits, 2)) }

    /// Reads a header. `nil` where it breaks the standard (then a new trace begins): wrong lengths, upper case, version
    /// `ff`, ids of zeros, or anything behind the flags in version 00.
    public init?(_ header: String) {
        var digits = LowercaseHex(header)
        guard let version = digits.number(of: 2), version != 0xFF, digits.skipDash(),
            let high = digits.number(of: 16), let low = digits.number(of: 16), high | low != 0, digits.skipDash(),
            let parent = digits.number(of: 16), parent != 0, digits.skipDash(),
            let flags = digits.number(of: 2), digits.isAtEnd || (version != 0 && digits.skipDash())
        else { return nil }
        self.trace = (high, low)
        self.parent = parent
        self.flagBits = flags
    }

    public init(using random: inout some RandomNumberGenerator) {
        // Not zero, which the standard keeps for "none".
        self.trace = (random.next() | 1, random.next())
        self.parent = random.next() | 1
        self.flagBits = 0
    }

    public var description: String {
        hex(
            (0, 2), (self.trace.high, 16), (self.trace.low, 16), (self.parent, 16), (self.flagBits, 2),
            dashes: [2, 35, 52])
    }

    public static func == (one: TraceContext, other: TraceContext) -> Bool {
        one.trace == other.trace && one.parent == other.parent && one.flagBits == other.flagBits
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.trace.high)
        hasher.combine(self.trace.low)
        hasher.combine(self.parent)
        hasher.combine(self.flagBits)
    }
}

/// Reads a text from left to right.
private struct LowercaseHex {
    private let text: Substring.UTF8View
    private var place: Substring.UTF8View.Index

    init(_ text: String) {
        self.text = text[...].utf8
        self.place = self.text.startIndex
    }

    var isAtEnd: Bool { self.place == self.text.endIndex }

    /// - Returns: `nil` where there are not so many digits.
    mutating func number(of digits: Int) -> UInt64? {
        var number: UInt64 = 0
        for _ in 0..<digits {
            guard !self.isAtEnd, let digit = hexDigitValue(self.text[self.place]) else { return nil }
            number = number << 4 | UInt64(digit)
            self.place = self.text.index(after: self.place)
        }
        return number
    }

    mutating func skipDash() -> Bool {
        guard !self.isAtEnd, self.text[self.place] == UInt8(ascii: "-") else { return false }
        self.place = self.text.index(after: self.place)
        return true
    }
}

/// Each number with so many of its last digits.
///
/// - Parameter dashes: the places before which one stands, in order.
private func hex(_ numbers: (number: UInt64, digits: Int)..., dashes: [Int] = []) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(55)
    for (number, digits) in numbers {
        if dashes.contains(text.count) { text.append(UInt8(ascii: "-")) }
        for shift in stride(from: 4 * digits - 8, through: 0, by: -8) {
            text.appendHex(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }
    return String(decoding: text, as: UTF8.self)
}
