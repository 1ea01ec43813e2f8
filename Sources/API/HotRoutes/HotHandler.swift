import NIOCore
import NIOHTTP1

/// Answers the hot requests of one connection, and lets all others through as they are.
///
/// It stands behind `HTTPServerPipelineHandler`, so one request is on its way at a time: answers come in the order of their
/// requests, whoever gives them. A request is taken only once all of it is here, and where the peer takes what it is sent:
/// slow bodies and slow readers are the framework's.
final class HotHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        /// Between requests, or within one that the framework answers.
        case passing
        /// Within one that may be answered here.
        case gathering(HotRequest, HTTPRequestHead, ByteBuffer?)
        /// A POST is on its way to the brokers, or a page on its way from Postgres.
        case waiting
    }

    private let routes: HotRoutes
    private var state = State.passing
    private var lane: HotLane?
    private var context: ChannelHandlerContext?
    /// What the framework is told when the answer is written: it would close the connection at once.
    private var heldEvents: [Any] = []
    /// The end of the request that the framework has is yet to come.
    private var isRequestOpen = false
    /// And it has answered that request already.
    private var isAnsweredEarly = false

    init(routes: HotRoutes) {
        self.routes = routes
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.lane = self.routes.lane(of: context.eventLoop)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (self.unwrapInboundIn(data), self.state) {
        case (.head(let head), .passing):
            // Not only for slow readers: of many that came at once, each is answered within the answer to the one before,
            // so this bounds how deep that goes.
            guard context.channel.isWritable, let request = HotRequest(head) else {
                self.isRequestOpen = true
                return context.fireChannelRead(data)
            }
            self.state = .gathering(request, head, nil)
        case (.body(var part), .gathering(let request, let head, let body)):
            if var body {
                body.writeBuffer(&part)
                self.state = .gathering(request, head, body)
            } else {
                self.state = .gathering(request, head, part)
            }
        case (.end(nil), .gathering(let request, _, let body)):
            if !self.take(request, body, context: context) {
                self.release(context: context)
                self.passEnd(data, context: context)
            }
        case (.end, .gathering):
            self.release(context: context)
            self.passEnd(data, context: context)
        case (.end, _): self.passEnd(data, context: context)
        default: context.fireChannelRead(data)
        }
    }

    private func passEnd(_ data: NIOAny, context: ChannelHandlerContext) {
        self.isRequestOpen = false
        self.isAnsweredEarly = false
        context.fireChannelRead(data)
    }

    /// What the framework writes.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // It was not going to read the rest of this request, and then met an error there, which it wants to answer too. That
        // is no answer to anything, and `HTTPServerPipelineHandler` ends a debug build for it.
        guard !self.isAnsweredEarly else {
            promise?.fail(ChannelError.outputClosed)
            context.close(promise: nil)
            return
        }
        if case .end = self.unwrapOutboundIn(data), self.isRequestOpen { self.isAnsweredEarly = true }
        context.write(data, promise: promise)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // The rest has yet to come, and may never.
        self.release(context: context)
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .waiting = self.state {
            self.heldEvents.append(event)
        } else {
            self.release(context: context)
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.release(context: context)
        context.fireErrorCaught(error)
    }

    /// Hands what was gathered to the framework.
    private func release(context: ChannelHandlerContext) {
        guard case .gathering(_, let head, let body) = self.state else { return }
        self.state = .passing
        self.isRequestOpen = true
        context.fireChannelRead(self.wrapInboundOut(.head(head)))
        if let body { context.fireChannelRead(self.wrapInboundOut(.body(body))) }
    }

    /// - Returns: false where the framework has to answer.
    private func take(_ request: HotRequest, _ body: ByteBuffer?, context: ChannelHandlerContext) -> Bool {
        switch request {
        case .poll(let poll):
            guard body == nil, let polled = self.routes.begin(poll) else { return false }
            switch polled {
            case .answer(let answer):
                self.state = .passing
                self.write(answer, context: context)
            case .page(let poll):
                self.state = .waiting
                self.lane?.ask(poll, for: self)
            }
        case .send(let send):
            guard let begun = self.routes.begin(send, body: body.map { Array($0.readableBytesView) } ?? []) else {
                return false
            }
            switch begun {
            case .answer(let answer):
                self.state = .passing
                self.write(answer, context: context)
            case .publish(let send):
                self.state = .waiting
                self.lane?.publish(send, for: self)
            }
        }
        return true
    }

    /// Writes the answer to what is on its way. Where the peer has gone there is nobody to tell.
    func finish(_ answer: Answer) {
        guard let context = self.context, case .waiting = self.state else { return }
        self.state = .passing
        let events = self.heldEvents
        self.heldEvents = []
        self.write(answer, context: context)
        for event in events { context.fireUserInboundEventTriggered(event) }
    }

    private func write(_ answer: Answer, context: ChannelHandlerContext) {
        for part in self.lane?.parts(of: answer) ?? [] {
            context.write(self.wrapOutboundOut(part), promise: nil)
        }
        context.flush()
    }
}
