import NIOCore
import NIOPosix

/// A load of requests against one or more servers on this machine, over connections that are kept, one request under way
/// on each. It ends by itself.
struct HTTPLoad: Sendable {
    enum Pattern: Sendable, Equatable {
        /// The next request as soon as an answer came: how much a server can do.
        case closed
        /// So many a second, whatever became of those before: how long it takes at this load. What is due while all
        /// connections are busy waits for one, and its wait counts.
        case open(rate: Double)
    }

    /// On 127.0.0.1; the connections take them in turn.
    let ports: [Int]
    let pattern: Pattern
    /// For so long requests are sent.
    let duration: Duration
    var connections = 32
    /// At most so many requests.
    var most = Int.max
    /// So long after `duration` it waits for the answers that are missing.
    var patience = Duration.seconds(5)
    /// The numbers of the requests with this answer are kept, to look for what became of each; `nil`: of none.
    var keptStatus: Int?
    /// The bytes of a request by its number, from 0 on; asked on the event loop, so made beforehand where that is costly.
    let request: @Sendable (_ number: Int) -> ByteBuffer

    /// Sends from a thread of its own, which has ended when this returns. Cancelling ends the load early.
    ///
    /// - Throws: NIO's error where not all connections could be made at the beginning. What breaks later is counted.
    func run() async throws -> LoadOutcome {
        precondition(!self.ports.isEmpty && self.connections > 0, "a load without connections")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let stop = loop.makePromise(of: Void.self)
        let result: Result<LoadOutcome, any Error>
        do {
            let outcome = try await withTaskCancellationHandler {
                try await loop.flatSubmit {
                    LoadDriver(self, on: loop.assumeIsolated(), stop: stop.futureResult).start()
                }.get()
            } onCancel: {
                stop.succeed()
            }
            result = .success(outcome)
        } catch {
            result = .failure(error)
        }
        stop.succeed()
        try await group.shutdownGracefully()
        return try result.get()
    }
}
