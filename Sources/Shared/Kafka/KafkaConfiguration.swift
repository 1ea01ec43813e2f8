/// Where the brokers are and how to talk to them; shared by producers, consumers and the administration.
public struct KafkaConfiguration: Sendable {
    /// Comma-separated `host:port` list of brokers to begin with.
    public var brokers: String

    /// Name under which brokers log this client and keep its quotas.
    public var clientID: String

    /// Further librdkafka properties, passed through as they are, for example `security.protocol`, `sasl.username` or
    /// `ssl.ca.location`. Those on which delivery depends (idempotence, acknowledgements, offset storing) can't be
    /// changed by it. An unknown name or value is an error with code ``KafkaError/Code/invalidConfiguration`` when a
    /// client is made. Default: none.
    public var properties: [String: String]

    /// How much a producer holds of what is not acknowledged yet; beyond that it takes no more for now. In KiB, at least
    /// 1,024. Default 65,536; there are at most 100,000 records in any case.
    public var producerQueueKiB: Int

    public init(
        brokers: String, clientID: String = "notifi", properties: [String: String] = [:], producerQueueKiB: Int = 65_536
    ) {
        self.brokers = brokers
        self.clientID = clientID
        self.properties = properties
        self.producerQueueKiB = producerQueueKiB
    }
}
