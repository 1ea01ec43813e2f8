internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// What a browser asked a `withWebServer` for.
public struct WebRequest: Sendable, Hashable {
    public let method: String
    /// With the query.
    public let target: String
    /// Names in lower case.
    public let headers: [String: String]
    public let body: [UInt8]

    public var path: String { String(self.target.prefix { $0 != "?" }) }
}

public struct WebAnswer: Sendable {
    public var status: Int
    public var headers: [String: String]
    public var body: [UInt8]

    public init(_ status: Int, _ headers: [String: String] = [:], _ body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// A web server on a free port of this machine that answers as a test wants it, for the time of `body`.
///
/// - Parameters:
///   - answer: asked for each request, on an event loop: it must not block.
///   - body: gets the port.
public func withWebServer<Value: Sendable>(
    answering answer: @escaping @Sendable (WebRequest) -> WebAnswer, _ body: @Sendable (Int) async throws -> Value
) async throws -> Value {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                try channel.pipeline.syncOperations.addHandler(WebConnection(answer: answer))
            }
        }
        .bind(host: "127.0.0.1", port: 0).get()
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(server.localAddress?.port ?? 0))
    } catch {
        result = .failure(error)
    }
    try await server.close()
    return try result.get()
}

/// One request a connection, so that none is left when the server is gone.
private final class WebConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: @Sendable (WebRequest) -> WebAnswer
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(answer: @escaping @Sendable (WebRequest) -> WebAnswer) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let bytes): self.body += bytes.readableBytesView
        case .end: self.reply(context)
        }
    }

    private func reply(_ context: ChannelHandlerContext) {
        guard let head else { return }
        let headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { $0 + ", " + $1 }
        let answer = self.answer(
            WebRequest(method: head.method.rawValue, target: head.uri, headers: headers, body: self.body))
        var fields = HTTPHeaders(answer.headers.map { ($0.key, $0.value) })
        fields.replaceOrAdd(name: "Connection", value: "close")
        if answer.status != 204 && answer.status != 304 {
            fields.replaceOrAdd(name: "Content-Length", value: "\(answer.body.count)")
        }
        let status = HTTPResponseStatus(statusCode: answer.status)
        context.write(
            self.wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: fields))),
            promise: nil)
        context.write(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(self.wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }
}
