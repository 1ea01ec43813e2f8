import NIOCore

/// One connection of a load, and the request under way on it.
final class LoadConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let port: Int
    private let driver: LoadDriver
    private var scanner = AnswerScanner()
    private var context: ChannelHandlerContext?
    /// The request under way, and when it was due.
    private(set) var request: (number: Int, due: Duration)?
    /// Since when there has been none.
    private(set) var freeSince = Duration.zero

    init(port: Int, driver: LoadDriver) {
        self.port = port
        self.driver = driver
    }

    func send(_ bytes: ByteBuffer, number: Int, due: Duration) {
        self.request = (number, due)
        self.context?.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil)
    }

    func close() { self.context?.close(promise: nil) }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        self.driver.opened(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try self.scanner.take(self.unwrapInboundIn(data).readableBytesView) { self.ended($0) }
        } catch {
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        let request = self.request
        self.request = nil
        self.driver.closed(self, unanswered: request?.due)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func ended(_ status: Int) {
        // An answer that nobody asked for: nobody knows what the next ones belong to.
        guard let request else { return self.close() }
        self.request = nil
        self.freeSince = self.driver.elapsed
        self.driver.answered(self, status: status, number: request.number, due: request.due)
    }
}
