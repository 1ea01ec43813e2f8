import NIOCore
import NIOHTTP1

/// Puts the hot routes in front of the framework, when the framework has set up a connection so far, and goes.
///
/// Where the framework lets handlers be added, requests have been turned into its own types already, which costs a hot
/// request more than all that is done for it.
final class HotInstaller: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let routes: HotRoutes
    private let idleTimeout: TimeAmount

    init(routes: HotRoutes, idleTimeout: TimeAmount) {
        self.routes = routes
        self.idleTimeout = idleTimeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        do {
            let pipeline = context.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandlers(
                IdleHandler(timeout: self.idleTimeout), HTTPServerPipelineHandler(), HotHandler(routes: self.routes),
                position: .after(decoder))
            _ = pipeline.removeHandler(self)
        } catch {
            // A pipeline of another shape than the one that this was written for.
            context.fireErrorCaught(error)
            context.close(promise: nil)
        }
    }
}
