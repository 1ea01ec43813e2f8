public import Logging
public import ServiceLifecycle

/// Tries an operation until it succeeds, pausing between attempts.
///
/// The first failure is logged as a warning, later ones at most every 30 s, and the success that ends them as well.
/// Cancelling ends it, in a pause too. Once a graceful shutdown has begun, a pause is cut short and one last attempt is
/// made.
///
/// - Parameters:
///   - what: what is tried, as log lines name it: "storing a batch".
///   - backoff: 50 ms to 5 s by default.
///   - isRetriable: whether an error may pass by itself. Another one is thrown at once.
///   - isStopping: whether to give up after the next failure; by default when the service is shutting down.
/// - Throws: the operation's error where it is not retriable or the daemon is stopping; `CancellationError` where
///   cancelled.
public func retryForever<Success>(
    _ what: String,
    logger: Logger,
    backoff: Backoff = Backoff(),
    isolation: isolated (any Actor)? = #isolation,
    isRetriable: (any Error) -> Bool,
    isStopping: () -> Bool = { Task.isShuttingDownGracefully },
    _ operation: () async throws -> sending Success
) async throws -> sending Success {
    var backoff = backoff
    var log = FailureLog()
    let clock = ContinuousClock()
    while true {
        try Task.checkCancellation()
        let stopping = isStopping()
        do {
            let success = try await operation()
            if let outage = log.recovered(at: clock.now) {
                logger.info(
                    "\(what) succeeded again",
                    metadata: ["attempts": .stringConvertible(log.failures + 1), "after": "\(outage)"])
            }
            return success
        } catch {
            guard isRetriable(error), !stopping, !Task.isCancelled else { throw error }
            if log.failed(at: clock.now) {
                logger.warning(
                    "\(what) failed and is tried again", error: error,
                    metadata: ["attempts": .stringConvertible(log.failures)])
            }
        }
        try await pause(for: backoff.next())
    }
}

/// Sleeps, but no longer than until a graceful shutdown begins.
///
/// - Throws: `CancellationError` where the task itself was cancelled.
public func pause(for duration: Duration) async throws {
    do {
        try await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
    } catch is CancellationError {
        try Task.checkCancellation()
    }
}
