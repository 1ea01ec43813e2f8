import NIOCore
import NIOPosix

/// One kept connection, a request after the other, for the few whose answer matters; a load is ``HTTPLoad``'s.
struct HTTPDialogue {
    struct Answer: Sendable {
        let status: Int
        /// Head and body.
        let text: String

        /// - Parameter name: in lower case.
        func header(_ name: String) -> String? {
            for line in self.text.split(separator: "\r\n", omittingEmptySubsequences: false).dropFirst() {
                if line.isEmpty { return nil }
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2, parts[0].lowercased() == name { return parts[1].trimmingPrefix(" ").description }
            }
            return nil
        }
    }

    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

    /// Connects to 127.0.0.1, and closes when `body` is done. Cancelling closes.
    static func with<R: Sendable>(
        port: Int, _ body: @Sendable (inout HTTPDialogue) async throws -> R
    ) async throws -> R {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var dialogue = HTTPDialogue(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&dialogue)
        }
    }

    /// - Throws: `ChannelError.eof` where the server closes before it has answered; ``AnswerScanner/Failure``.
    mutating func ask(_ request: ByteBuffer) async throws -> Answer {
        try await self.outbound.write(request)
        var scanner = AnswerScanner()
        var bytes: [UInt8] = []
        while let part = try await self.inbound.next() {
            bytes += part.readableBytesView
            var status: Int?
            try scanner.take(part.readableBytesView) { status = $0 }
            if let status { return Answer(status: status, text: String(decoding: bytes, as: UTF8.self)) }
        }
        throw ChannelError.eof
    }
}
