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

    private static let longestHead = 16_384

    private var head: [UInt8] = []
    private var status = 0
    private var bodyLeft = 0
    private var isInBody = false

    init() {}

    /// Whether an answer was begun and not ended.
    var isWithin: Bool { self.isInBody || !self.head.isEmpty }

    /// Takes the next bytes, and tells the statuses of the answers that end in them.
    /// - Throws: ``Failure``, after which the connection is of no use.
    mutating func take(_ bytes: some Sequence<UInt8>, _ ended: (_ status: Int) -> Void) throws(Failure) {
        for byte in bytes {
            if self.isInBody {
                self.bodyLeft -= 1
            } else {
                self.head.append(byte)
                guard byte == UInt8(ascii: "\n"), self.head.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)) else {
                    if self.head.count > Self.longestHead { throw .headTooLong }
                    continue
                }
                try self.readHead()
            }
            if self.bodyLeft == 0 {
                ended(self.status)
                self.isInBody = false
            }
        }
    }

    private mutating func readHead() throws(Failure) {
        let lines = self.head.split(separator: UInt8(ascii: "\n"))
        guard let first = lines.first, first.starts(with: Array("HTTP/1.1 ".utf8)), first.count >= 12,
            let status = Int(String(decoding: first.dropFirst(9).prefix(3), as: UTF8.self))
        else { throw .notHTTP }
        self.status = status
        self.bodyLeft = 0
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            switch String(decoding: line[..<colon], as: UTF8.self).lowercased() {
            case "transfer-encoding": throw .chunked
            case "content-length":
                let text = String(decoding: line[line.index(after: colon)...], as: UTF8.self)
                guard let length = Int(text.filter { !$0.isWhitespace }), length >= 0 else { throw .notHTTP }
                if status != 304, status != 204 { self.bodyLeft = length }
            default: break
            }
        }
        self.head.removeAll(keepingCapacity: true)
        self.isInBody = true
    }
}
