import NIOCore
import NIOHTTP1

/// Closes a connection on which nobody said anything for too long: nor asks, nor waits for an answer; and when the server
/// stops, one that waits for nothing but the rest of a request that is answered already.
///
/// In place of the framework's own, which sees only what comes to it, and would close a connection in the midst of hot
/// requests; and beside `HTTPServerPipelineHandler`, which would wait for that rest for ever.
final class IdleHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let timeout: TimeAmount
    private var lastSign = NIODeadline.now()
    private var isRequestBeingRead = false
    private var requestsUnderWay = 0
    private var isStopping = false
    private var timer: Scheduled<Void>?

    init(timeout: TimeAmount) {
        self.timeout = timeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.lastSign = .now()
        self.watch(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.timer?.cancel()
        self.timer = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.lastSign = .now()
        switch self.unwrapInboundIn(data) {
        case .head:
            self.isRequestBeingRead = true
            self.requestsUnderWay += 1
        case .body: break
        case .end: self.isRequestBeingRead = false
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = self.unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        self.lastSign = .now()
        self.requestsUnderWay -= 1
        let promise = promise ?? context.eventLoop.makePromise()
        if self.isStopping, self.requestsUnderWay == 0 {
            promise.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        }
        context.write(data, promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            self.isStopping = true
            // A request that is only begun is not waited for, as the framework does not.
            if self.requestsUnderWay == 0 { return context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func watch(_ context: ChannelHandlerContext) {
        self.timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: self.lastSign + self.timeout) {
            // A request that is here in whole waits for us, not for the peer.
            let isOurs = self.requestsUnderWay > 0 && !self.isRequestBeingRead
            if isOurs { self.lastSign = .now() }
            if NIODeadline.now() >= self.lastSign + self.timeout {
                context.close(promise: nil)
            } else {
                self.watch(context)
            }
        }
    }
}
