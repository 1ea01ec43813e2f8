public import ServiceLifecycle

/// Runs work that knows only cancelling, such as a client's `run()`, as a service: when its turn comes in a graceful
/// shutdown it is cancelled. List it before the services that use it; they stop first.
public struct BackgroundService: Service {
    /// As log lines name it.
    public let name: String
    private let body: @Sendable () async throws -> Void

    public init(_ name: String, _ body: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.body = body
    }

    public func run() async throws {
        do {
            try await cancelWhenGracefulShutdown(self.body)
        } catch is CancellationError where Task.isShuttingDownGracefully {
            // This is how it was asked to stop.
        }
    }
}
