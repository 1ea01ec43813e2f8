import FoundationEssentials
import Kafka
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1
import NIOPosix

/// SwiftNIO's own HTTP/1.1 server as NIO configures it, with nothing of ours but the handler at its end.
struct BareServer: Sendable {
    /// What happens to a notification between being decoded and being encoded; `nil` for the fixed text.
    enum Work: Sendable {
        case encode
        case produce(KafkaProducer, topic: String)
    }

    let work: Work?

    /// On as many event loops as the API has. Serves until it is cancelled.
    ///
    /// - Parameter onPort: told where it listens, on 127.0.0.1.
    func run(onPort: @Sendable (Int) -> Void) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        let work = self.work
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(BareHandler(work))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        onPort(server.localAddress?.port ?? 0)
        try await withTaskCancellationHandler {
            try await server.closeFuture.get()
        } onCancel: {
            server.close(promise: nil)
        }
        try await group.shutdownGracefully()
    }
}

private final class BareHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let work: BareServer.Work?
    private let decoder = JSONDecoder()
    private let encoder = JSONEncoder()
    private let text = ByteBuffer(string: CeilingKind.body)
    private var body = ByteBuffer()

    init(_ work: BareServer.Work?) {
        self.work = work
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head: self.body.clear()
        case .body(var part): self.body.writeBuffer(&part)
        case .end: self.answer(context)
        }
    }

    private func answer(_ context: ChannelHandlerContext) {
        guard let work else { return self.reply(.ok, "text/plain", self.text, context) }
        do {
            let notification = try self.decoder.decode(CeilingNotification.self, from: self.body)
            let answer = try self.encoder.encodeAsByteBuffer(notification, allocator: context.channel.allocator)
            switch work {
            case .encode: self.reply(.ok, "application/json", answer, context)
            case .produce(let producer, let topic):
                let record = KafkaRecord(
                    topic: topic, key: Array(notification.userID.utf8), value: Array(self.body.readableBytesView))
                self.produce(record, by: producer, then: answer, context)
            }
        } catch {
            self.reply(.badRequest, "text/plain", ByteBuffer(), context)
        }
    }

    /// The one place that waits for a report.
    private func produce(
        _ record: KafkaRecord, by producer: KafkaProducer, then answer: ByteBuffer, _ context: ChannelHandlerContext
    ) {
        let eventLoop = context.eventLoop
        let asker = NIOLoopBound((handler: self, context: context), eventLoop: eventLoop)
        producer.send([record]) { reports in
            eventLoop.execute {
                let (handler, context) = asker.value
                for report in reports {
                    if case .success = report.result {
                        handler.reply(.accepted, "application/json", answer, context)
                    } else {
                        handler.reply(.serviceUnavailable, "text/plain", ByteBuffer(), context)
                    }
                }
            }
        }
    }

    private func reply(
        _ status: HTTPResponseStatus, _ type: String, _ body: ByteBuffer, _ context: ChannelHandlerContext
    ) {
        let headers: HTTPHeaders = ["content-type": type, "content-length": "\(body.readableBytes)"]
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        context.write(self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    }
}
