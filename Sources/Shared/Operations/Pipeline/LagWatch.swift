public import Kafka
public import Logging
import Metrics
public import ServiceLifecycle

/// Keeps in the metrics how far a consumer group is behind, for an alert.
///
/// It asks the brokers, and not the consumer: one that waits for something fetches nothing, and would not know.
public struct LagWatch: Service {
    public static let lookEvery = Setting<Duration>(
        "kafka.lag-look-seconds", seconds: 15, range: 1...3_600,
        help: "Seconds between two looks at how far behind a consumer group is.")

    private let admin: KafkaAdmin
    private let group: String
    private let topic: String
    private let interval: Duration
    private let logger: Logger

    public init(configuration: KafkaConfiguration, group: String, topic: String, settings: Settings, logger: Logger) {
        self.admin = KafkaAdmin(configuration: configuration, logger: logger)
        self.group = group
        self.topic = topic
        self.interval = settings[Self.lookEvery]
        self.logger = logger
    }

    /// Runs until cancelled or shut down. Every replica tells the same number: an alert takes the largest.
    public func run() async throws {
        let lag = Metric("consumer_lag", help: "Messages that nobody has worked on yet, by topic.")
            .gauge(("topic", self.topic))
        while !Task.isShuttingDownGracefully {
            do {
                // Bounded, since a stop waits for it.
                lag.record(try await self.admin.lag(group: self.group, topics: [self.topic], timeout: .seconds(2)))
            } catch {
                self.logger.debug("how far behind the group is could not be asked", error: error)
            }
            try await pause(for: self.interval)
        }
    }
}
