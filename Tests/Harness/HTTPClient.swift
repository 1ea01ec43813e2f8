import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

struct HTTPAnswer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: Data

    func header(_ name: String) -> String? { self.headers.first(name: name) }

    func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: self.body)
        } catch {
            throw HTTPFailure(description: "\(self.status) with another body than \(type): \(self.text) (\(error))")
        }
    }

    var text: String { String(decoding: self.body, as: UTF8.self) }
}

/// There was no answer, or not the one that was wanted.
struct HTTPFailure: Error, CustomStringConvertible {
    let description: String
}

/// HTTP/1.1 to one port of this machine, over connections that are kept: as many as requests are under way at once.
///
/// Not `URLSession`: a load of thousands needs persistent connections, and a test has to see a connection that breaks.
final class HTTPClient: Sendable {
    private let port: Int
    private let limit: Duration
    private let idle = Mutex<[any Channel]>([])

    /// - Parameter limit: how long an answer may take, where a request does not say otherwise.
    init(port: Int, limit: Duration = .seconds(20)) {
        self.port = port
        self.limit = limit
    }

    /// - Throws: whatever broke the connection; then nobody knows whether the request took effect. `ChannelError.eof`
    ///   also where the answer took longer than `limit`.
    func send(
        _ method: String, _ path: String, headers: [String: String] = [:], body: Data? = nil,
        within limit: Duration? = nil
    ) async throws -> HTTPAnswer {
        let channel = try await self.channel()
        var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: path)
        head.headers.add(name: "Host", value: "127.0.0.1:\(self.port)")
        head.headers.add(name: "Content-Length", value: "\(body?.count ?? 0)")
        if body != nil { head.headers.add(name: "Content-Type", value: "application/json") }
        for (name, value) in headers { head.headers.replaceOrAdd(name: name, value: value) }
        let promise = channel.eventLoop.makePromise(of: NIOHTTPClientResponseFull.self)
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(limit ?? self.limit)) {
            channel.close(promise: nil)
        }
        let full = try await withTaskCancellationHandler {
            let written = channel.eventLoop.makePromise(of: Void.self)
            // Of a connection that was closed a moment ago the handler is gone, which would answer.
            written.futureResult.whenFailure { promise.fail($0) }
            channel.writeAndFlush(
                HTTPExchange.Request(head: head, body: body.map { ByteBuffer(bytes: $0) }, answer: promise),
                promise: written)
            return try await promise.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
        deadline.cancel()
        if full.head.isKeepAlive { self.idle.withLock { $0.append(channel) } } else { channel.close(promise: nil) }
        return HTTPAnswer(
            status: Int(full.head.status.code), headers: full.head.headers,
            body: full.body.map { Data($0.readableBytesView) } ?? Data())
    }

    func close() async {
        let channels = self.idle.withLock { idle in
            defer { idle = [] }
            return idle
        }
        for channel in channels {
            // It may be closed already.
            try? await channel.close()
        }
    }

    private func channel() async throws -> any Channel {
        while let channel = self.idle.withLock({ $0.popLast() }) {
            if channel.isActive { return channel }
        }
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(5))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOHTTPClientResponseAggregator(maxContentLength: 16 * 1_024 * 1_024), HTTPExchange(),
                    ])
                }
            }
            .connect(host: "127.0.0.1", port: self.port).get()
    }
}

/// One request at a time on a connection, each with the promise of its answer.
private final class HTTPExchange: ChannelDuplexHandler {
    struct Request: Sendable {
        let head: HTTPRequestHead
        let body: ByteBuffer?
        let answer: EventLoopPromise<NIOHTTPClientResponseFull>
    }

    typealias InboundIn = NIOHTTPClientResponseFull
    typealias OutboundIn = Request
    typealias OutboundOut = HTTPClientRequestPart

    private var waiting: EventLoopPromise<NIOHTTPClientResponseFull>?
    private var isClosed = false

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let request = self.unwrapOutboundIn(data)
        guard !self.isClosed, self.waiting == nil else {
            request.answer.fail(ChannelError.ioOnClosedChannel)
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        self.waiting = request.answer
        context.write(self.wrapOutboundOut(.head(request.head)), promise: nil)
        if let body = request.body { context.write(self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.write(self.wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let answer = self.unwrapInboundIn(data)
        let waiting = self.waiting
        self.waiting = nil
        waiting?.succeed(answer)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.isClosed = true
        self.waiting?.fail(ChannelError.eof)
        self.waiting = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.isClosed = true
        self.waiting?.fail(error)
        self.waiting = nil
        context.close(promise: nil)
    }
}
