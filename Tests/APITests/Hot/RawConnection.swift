import NIOCore
import NIOPosix

/// A connection that sends bytes as they are, and reads answers one by one.
actor RawConnection {
    struct Answer: Sendable, Equatable {
        var status: String
        var fields: [String]
        var body: String
    }

    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var received: [UInt8] = []

    private init(
        _ channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.channel = channel
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
    }

    static func with<Result: Sendable>(
        port: Int, _ body: @Sendable (RawConnection) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await body(RawConnection(channel, inbound, outbound))
        }
    }

    func send(_ text: String) async throws {
        try await self.outbound.write(ByteBuffer(string: text))
    }

    func endSending() {
        self.outbound.finish()
    }

    /// - Returns: the next answer; `nil` where the connection ends instead.
    func answer() async throws -> Answer? {
        var head = self.end(of: "\r\n\r\n")
        while head == nil {
            guard try await self.receive() else { return nil }
            head = self.end(of: "\r\n\r\n")
        }
        let lines = String(decoding: self.received[..<(head ?? 0)], as: UTF8.self).split(separator: "\r\n")
        let fields = lines.dropFirst().map(String.init)
        let length =
            fields.first { $0.lowercased().hasPrefix("content-length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
        self.received.removeFirst(head ?? 0)
        while self.received.count < length {
            guard try await self.receive() else { return nil }
        }
        let body = String(decoding: self.received[..<length], as: UTF8.self)
        self.received.removeFirst(length)
        return Answer(status: String(lines.first ?? ""), fields: fields, body: body)
    }

    private func receive() async throws -> Bool {
        // An actor's own property cannot be changed across a pause.
        var inbound = self.inbound
        let next = try await inbound.next(isolation: self)
        self.inbound = inbound
        guard var buffer = next else { return false }
        self.received += buffer.readBytes(length: buffer.readableBytes) ?? []
        return true
    }

    private func end(of mark: String) -> Int? {
        let mark = Array(mark.utf8)
        guard self.received.count >= mark.count else { return nil }
        return (0...(self.received.count - mark.count)).first {
            self.received[$0..<($0 + mark.count)].elementsEqual(mark)
        }.map { $0 + mark.count }
    }
}
