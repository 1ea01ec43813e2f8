/// The `traceparent` of W3C Trace Context (https://www.w3.org/TR/trace-context/#traceparent-header), which travels from
/// the POST to the inbox row and every log line.
public struct TraceContext: Sendable, Hashable, CustomStringConvertible {
    public let traceID: String
    public let parentID: String
    public let flags: String

    /// Reads a header. `nil` where it breaks the standard (then a new trace begins): wrong lengths, upper case, version
    /// `ff`, ids of zeros, or anything behind the flags in version 00.
    public init?(_ header: String) {
        let parts = header.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 4, parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            zip(parts, [2, 32, 16, 2]).allSatisfy({ isLowercaseHex($0, count: $1) }),
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return nil }
        self.traceID = parts[1]
        self.parentID = parts[2]
        self.flags = parts[3]
    }

    public init(using random: inout some RandomNumberGenerator) {
        // Not zero, which the standard keeps for "none".
        self.traceID = hex(random.next() | 1, random.next())
        self.parentID = hex(random.next() | 1)
        self.flags = "00"
    }

    public var description: String { "00-\(self.traceID)-\(self.parentID)-\(self.flags)" }
}

private func isLowercaseHex(_ text: String, count: Int) -> Bool {
    text.utf8.count == count
        && text.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
        }
}

private func hex(_ numbers: UInt64...) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(16 * numbers.count)
    for number in numbers {
        for shift in stride(from: 56 as UInt64, through: 0, by: -8) {
            text.appendHex(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
    return String(decoding: text, as: UTF8.self)
}
