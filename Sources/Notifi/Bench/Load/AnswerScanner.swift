/// Finds where HTTP/1.1 answers end in a stream of bytes, and reads no more of them than their status: what a load
/// generator does for each answer is taken from the server's share of the machine.
///
/// Answers have a `content-length`, or no body (204, 304). One with `transfer-encoding` is an error.
struct AnswerScanner: Sendable {
    enum Failure: Error, Equatable {
        case notHTTP
        case chunked
        case headTooLong
    }

    private enum Place {
        case statusLine, fields, body
    }

    private static let longestHead = 16_384
    private static let newline = UInt8(ascii: "\n")
    private static let version = Array("HTTP/1.1 ".utf8)
    private static let contentLength = Array("content-length:".utf8)
    private static let transferEncoding = Array("transfer-encoding:".utf8)

    private var place = Place.statusLine
    private var status = 0
    private var bodyLeft = 0
    private var headBytes = 0
    /// The beginning of a line whose end has not come yet.
    private var line: [UInt8] = []

    init() {}

    /// Whether an answer was begun and not ended.
    var isWithin: Bool { self.place != .statusLine || !self.line.isEmpty }

    /// Takes the next bytes, and tells the statuses of the answers that end in them.
    /// - Throws: ``Failure``, after which the connection is of no use.
    mutating func take<Bytes: RandomAccessCollection<UInt8>>(
        _ bytes: Bytes, _ ended: (_ status: Int) -> Void
    ) throws(Failure) where Bytes.Index == Int {
        var next = bytes.startIndex
        while next < bytes.endIndex {
            if self.place == .body {
                let skipped = min(self.bodyLeft, bytes.endIndex - next)
                self.bodyLeft -= skipped
                next += skipped
            } else {
                // A search for one byte is a `memchr` in what NIO hands over; a closure for each byte is ten times slower.
                let newline = bytes[next...].firstIndex(of: Self.newline)
                let end = newline.map { $0 + 1 } ?? bytes.endIndex
                self.headBytes += end - next
                if self.headBytes > Self.longestHead { throw .headTooLong }
                if newline == nil {
                    self.line.append(contentsOf: bytes[next..<end])
                } else if self.line.isEmpty {
                    try self.read(bytes[next..<end])
                } else {
                    self.line.append(contentsOf: bytes[next..<end])
                    try self.read(self.line[...])
                    self.line.removeAll(keepingCapacity: true)
                }
                next = end
            }
            if self.place == .body, self.bodyLeft == 0 {
                ended(self.status)
                self.place = .statusLine
                self.headBytes = 0
            }
        }
    }

    /// - Parameter line: with its end.
    private mutating func read(_ line: some RandomAccessCollection<UInt8>) throws(Failure) {
        switch (self.place, line.first) {
        case (.statusLine, _):
            guard line.starts(with: Self.version), let status = Self.number(line.dropFirst(9).prefix(3)),
                status >= 100
            else { throw .notHTTP }
            self.status = status
            self.bodyLeft = 0
            self.place = .fields
        case (_, UInt8(ascii: "\r")), (_, UInt8(ascii: "\n")):
            self.place = .body
        case (_, UInt8(ascii: "c")), (_, UInt8(ascii: "C")):
            guard Self.starts(line, with: Self.contentLength) else { return }
            guard let length = Self.number(line.dropFirst(Self.contentLength.count)) else { throw .notHTTP }
            if self.status != 304, self.status != 204 { self.bodyLeft = length }
        case (_, UInt8(ascii: "t")), (_, UInt8(ascii: "T")):
            if Self.starts(line, with: Self.transferEncoding) { throw .chunked }
        default: break
        }
    }

    /// - Parameter name: in lower case, of letters, `-` and `:`, which the bit that makes a letter small leaves alone.
    private static func starts(_ line: some RandomAccessCollection<UInt8>, with name: [UInt8]) -> Bool {
        line.prefix(name.count).lazy.map { $0 | 0x20 }.elementsEqual(name)
    }

    /// Of digits and the blanks around them; `nil` for anything else.
    private static func number(_ bytes: some Collection<UInt8>) -> Int? {
        let text = bytes.filter { $0 > UInt8(ascii: " ") }
        guard (1...18).contains(text.count), text.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return text.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
