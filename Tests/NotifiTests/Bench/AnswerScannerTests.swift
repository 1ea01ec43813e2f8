import TestSupport
import Testing

@testable import Notifi

@Suite
struct AnswerScannerTests {
    static let stream = Array(
        """
        HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel\r\n\
        HTTP/1.1 304 Not Modified\r\nETag: "a"\r\ncontent-length: 900\r\n\r\n\
        HTTP/1.1 202 Accepted\r\ncontent-length:0\r\n\r\n\
        HTTP/1.1 503 Service Unavailable\r\nContent-length: 2 \r\n\r\n{}
        """.utf8)

    @Test("answers are found, however the bytes are cut", arguments: 1...20)
    func cuts(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var scanner = AnswerScanner()
        var statuses: [Int] = []
        var rest = Self.stream[...]
        while !rest.isEmpty {
            let piece = rest.prefix(seed == 1 ? 1 : Int.random(in: 1...60, using: &random))
            rest = rest.dropFirst(piece.count)
            try scanner.take(piece) { statuses.append($0) }
        }
        #expect(statuses == [200, 304, 202, 503])
        #expect(!scanner.isWithin)
    }

    @Test(
        "what it cannot read is an error",
        arguments: [
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", AnswerScanner.Failure.chunked),
            ("SMTP hello\r\n\r\n", .notHTTP), ("HTTP/1.1 2x0 OK\r\n\r\n", .notHTTP), ("HTTP/1.1 \r\n\r\n", .notHTTP),
            ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .notHTTP),
            ("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", .notHTTP),
            (String(repeating: "x", count: 20_000), .headTooLong),
        ])
    func unreadable(_ text: String, _ failure: AnswerScanner.Failure) {
        var scanner = AnswerScanner()
        #expect(throws: failure) { try scanner.take(Array(text.utf8)) { _ in Issue.record("it has no end") } }
    }
}
