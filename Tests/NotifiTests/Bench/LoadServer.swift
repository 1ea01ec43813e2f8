import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

@testable import Notifi

/// How a server of ``withLoadServer(_:_:)`` treats a request.
enum LoadReply: Sendable {
    case status(Int, after: Duration = .zero)
    case bytes(String)
    case close
    case silence
}

/// A server on this port, or a free one, for the time of `body`, on an event loop of its own, that keeps its connections.
///
/// - Parameters:
///   - reply: by the number of the request on the whole server, from 0 on, and the time since the first one.
///   - body: gets the port.
func withLoadServer<Value: Sendable>(
    on port: Int = 0,
    _ reply: @escaping @Sendable (_ number: Int, _ elapsed: Duration) -> LoadReply,
    _ body: @Sendable (Int) async throws -> Value
) async throws -> Value {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.next()
    let requests = try await loop.submit { NIOLoopBound(LoadRequests(reply), eventLoop: loop) }.get()
    let bootstrap = ServerBootstrap(group: group)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                try channel.pipeline.syncOperations.addHandler(LoadReplies(requests.value))
            }
        }
    let server = try await bound(bootstrap, to: port)
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(server.localAddress?.port ?? 0))
    } catch {
        result = .failure(error)
    }
    try await group.shutdownGracefully()
    return try result.get()
}

/// A port that was its own a moment ago may be that of somebody's connection by now.
private func bound(_ bootstrap: ServerBootstrap, to port: Int) async throws -> any Channel {
    let end = ContinuousClock.now + .seconds(20)
    while true {
        do {
            return try await bootstrap.bind(host: "127.0.0.1", port: port).get()
        } catch let error as IOError where error.errnoCode == EADDRINUSE && ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// Of all connections.
private final class LoadRequests {
    private let reply: (Int, Duration) -> LoadReply
    private var count = 0
    private var first: ContinuousClock.Instant?

    init(_ reply: @escaping (Int, Duration) -> LoadReply) {
        self.reply = reply
    }

    func next() -> LoadReply {
        let now = ContinuousClock.now
        let first = self.first ?? now
        self.first = first
        defer { self.count += 1 }
        return self.reply(self.count, now - first)
    }
}

private final class LoadReplies: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let requests: LoadRequests

    init(_ requests: LoadRequests) {
        self.requests = requests
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = self.unwrapInboundIn(data) else { return }
        switch self.requests.next() {
        case .status(let status, let delay):
            context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { self.answer(status, context) }
        case .bytes(let text):
            context.channel.pipeline.syncOperations.writeRaw(text)
        case .close: context.close(promise: nil)
        case .silence: break
        }
    }

    private func answer(_ status: Int, _ context: ChannelHandlerContext) {
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: ["content-length": "2"])
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        context.write(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "ok")))), promise: nil)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    }
}

extension ChannelPipeline.SynchronousOperations {
    /// Past the handlers that would make HTTP of it.
    fileprivate func writeRaw(_ text: String) {
        guard let context = try? self.context(handlerType: HTTPResponseEncoder.self) else { return }
        context.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
    }
}
