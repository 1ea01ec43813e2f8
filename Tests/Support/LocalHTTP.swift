internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// HTTP/1.1 to a server on this machine, each request on a connection of its own.
///
/// Not `URLSession`: that of Swift 6.3 on Linux refuses answers whose header lines have no space after the colon, as
/// chromedriver writes them (swift-corelibs-foundation pull request 5527).
enum LocalHTTP {
    struct Answer: Sendable {
        var status = 0
        var body: [UInt8] = []
    }

    /// - Throws: `IOError` or another of NIO's if there is no connection or it ends early; `CancellationError` if the
    ///   task is cancelled, which closes the connection.
    static func send(_ method: String, port: Int, path: String, json: [UInt8]?) async throws -> Answer {
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
                        wrappingChannelSynchronously: channel)
                }
            }
        return try await connection.executeThenClose { inbound, outbound in
            var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: path)
            head.headers.add(name: "Host", value: "127.0.0.1:\(port)")
            head.headers.add(name: "Connection", value: "close")
            head.headers.add(name: "Content-Type", value: "application/json; charset=utf-8")
            head.headers.add(name: "Content-Length", value: "\(json?.count ?? 0)")
            try await outbound.write(.head(head))
            if let json { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: json)))) }
            try await outbound.write(.end(nil))
            var answer = Answer()
            for try await part in inbound {
                switch part {
                case .head(let head): answer.status = Int(head.status.code)
                case .body(let bytes): answer.body.append(contentsOf: bytes.readableBytesView)
                case .end: return answer
                }
            }
            try Task.checkCancellation()
            throw ChannelError.eof
        }
    }
}
