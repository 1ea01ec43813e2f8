import Blocking
public import Logging

/// Asks the brokers for topics, again and again, by one client that it keeps: making one for each question costs a thread,
/// connections and some milliseconds each time.
public actor KafkaTopicProbe {
    private let executor = BlockingExecutor(name: "kafka-probe")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    private let configuration: KafkaConfiguration
    private let logger: Logger
    private var client: AdminClient?
    /// How many clients were made.
    private(set) var clients = 0

    public init(configuration: KafkaConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Which of these topics the brokers don't have, in the same order. Asking makes none. Cancelling does not end it
    /// early; its timeout does.
    ///
    /// - Throws: ``KafkaError``: `timedOut`, `brokersUnavailable`, `invalidConfiguration`.
    public func missingTopics(of topics: [String], timeout: Duration = .seconds(5)) throws(KafkaError) -> [String] {
        let client = try self.currentClient()
        do throws(KafkaError) {
            return KafkaAdmin.missing(topics, among: try client.topics(timeout: timeout))
        } catch {
            // A new one need not wait until this one's pause between connecting is over, up to ten seconds.
            self.client = nil
            throw error
        }
    }

    private func currentClient() throws(KafkaError) -> AdminClient {
        if let client { return client }
        let made = try AdminClient(configuration: self.configuration, logger: self.logger)
        self.client = made
        self.clients += 1
        return made
    }
}
