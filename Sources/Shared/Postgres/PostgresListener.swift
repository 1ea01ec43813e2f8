public import Logging

/// A message that NOTIFY sent.
public struct PostgresNotification: Sendable, Hashable {
    public let channel: String
    /// Empty where NOTIFY gave none; at most 8,000 bytes.
    public let payload: String

    public init(channel: String, payload: String) {
        self.channel = channel
        self.payload = payload
    }
}

/// Waits for notifications on a connection of its own and connects again for ever.
public final class PostgresListener: Sendable {
    private let configuration: PostgresConfiguration
    private let channels: [String]
    private let logger: Logger

    public init(configuration: PostgresConfiguration, channels: [String], logger: Logger) {
        self.configuration = configuration
        self.channels = channels
        self.logger = logger
    }

    /// Listens until the task is cancelled, and then returns.
    ///
    /// - Parameters:
    ///   - onConnect: Called after each connect, with all channels listened to. What was sent while the connection was
    ///     away is lost, so the caller catches up here.
    ///   - onNotification: Called one after the other, in the order of arrival. Later ones wait in the socket.
    public func run(
        onConnect: @Sendable () async -> Void,
        onNotification: @Sendable (PostgresNotification) async -> Void
    ) async {
        var failures = 0
        while !Task.isCancelled {
            var connected: ContinuousClock.Instant?
            do {
                let connection = try await PostgresConnection.connect(self.configuration, logger: self.logger)
                do {
                    try await connection.listen(to: self.channels)
                    connected = .now
                    await onConnect()
                    while !Task.isCancelled {
                        for notification in try await connection.notifications() {
                            await onNotification(notification)
                        }
                    }
                    await connection.close()
                } catch {
                    await connection.close()
                    throw error
                }
            } catch {
                guard !Task.isCancelled else { return }
                // One that is lost at once again and again must not be made anew without a pause.
                let hasLasted = connected.map { ContinuousClock.now - $0 > self.configuration.reconnectCap } ?? false
                failures = hasLasted ? 1 : failures + 1
                let delay = Backoff(cap: self.configuration.reconnectCap)
                    .delay(afterFailures: failures, jitter: .random(in: 0...1))
                self.logger.warning("listener lost its connection", metadata: ["error": "\(error)"])
                // Ends early only by being cancelled, which the loop's condition sees.
                try? await Task.sleep(for: delay)
            }
        }
    }
}
