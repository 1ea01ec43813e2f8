public import Kafka

/// The keys of the Kafka client.
public enum KafkaSettings {
    public static let brokers = Setting<String>(
        "kafka.brokers", help: "Brokers to begin with, as host:port, separated by commas.")
    public static let topicPrefix = Setting<String>(
        "kafka.topic-prefix", default: "notifi", help: "What the names of all topics begin with.")
    public static let sessionTimeout = Setting<Duration>(
        "kafka.session-timeout-ms", milliseconds: 45_000, range: 1_000...300_000,
        help: "Milliseconds without a heartbeat after which a consumer counts as gone.")
    public static let fetchWaitMax = Setting<Duration>(
        "kafka.fetch-wait-max-ms", milliseconds: 500, range: 0...300_000,
        help: "Milliseconds for which a broker may hold back an answer that has no messages yet.")
    public static let consumerQueue = Setting<Int>(
        "kafka.consumer-queue-kib", default: 16_384, range: 1_024...1_048_576,
        help: "KiB that a consumer fetches ahead; what one fetch brings may come on top.")
    public static let batchKiB = Setting<Int>(
        "kafka.batch-kib", default: 8_192, range: 16...131_072,
        help: "KiB of messages that are worked on at once, but for the last of them, where so many come together.")
    public static let producerQueue = Setting<Int>(
        "kafka.producer-queue-kib", default: 65_536, range: 1_024...1_048_576,
        help: "KiB that a producer holds until brokers have acknowledged them.")
    public static let securityProtocol = Setting<SecurityProtocol>(
        "kafka.security.protocol", default: .plaintext, help: "How connections to brokers are protected.")
    public static let saslMechanism = Setting<String?>(
        "kafka.sasl.mechanism", help: "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, GSSAPI or OAUTHBEARER.")
    public static let saslUsername = Setting<String?>("kafka.sasl.username", help: "User name for SASL.")
    public static let saslPassword = Setting<Secret?>(secret: "kafka.sasl.password", help: "Password for SASL.")
    public static let caLocation = Setting<String?>(
        "kafka.ssl.ca.location", help: "File or directory of the certificates that sign the brokers'.")
    public static let certificateLocation = Setting<String?>(
        "kafka.ssl.certificate.location", help: "File of this client's certificate (PEM).")
    public static let keyLocation = Setting<String?>(
        "kafka.ssl.key.location", help: "File of this client's private key (PEM).")
    public static let keyPassword = Setting<Secret?>(
        secret: "kafka.ssl.key.password", help: "Password of that private key.")
    public static let endpointIdentification = Setting<EndpointIdentification>(
        "kafka.ssl.endpoint.identification.algorithm", default: .https,
        help: "https checks that a broker's certificate is for its host name; none does not.")

    static let all: [any AnySetting] = [
        Self.brokers, Self.topicPrefix, Self.sessionTimeout, Self.fetchWaitMax, Self.consumerQueue,
        Self.batchKiB, Self.producerQueue, Self.securityProtocol, Self.saslMechanism, Self.saslUsername,
        Self.saslPassword, Self.caLocation, Self.certificateLocation,
        Self.keyLocation, Self.keyPassword, Self.endpointIdentification,
    ]

    public enum SecurityProtocol: String, Sendable, CaseIterable {
        case plaintext, ssl
        case saslPlaintext = "sasl_plaintext"
        case saslSSL = "sasl_ssl"
    }

    public enum EndpointIdentification: String, Sendable, CaseIterable {
        case https, none
    }
}

extension KafkaConfiguration {
    /// Brokers, TLS and SASL as the settings say. What is not set is left to the client library.
    public init(settings: Settings, clientID: String) {
        self.init(
            brokers: settings[KafkaSettings.brokers], clientID: clientID,
            properties: KafkaSettings.properties(of: settings),
            producerQueueKiB: settings[KafkaSettings.producerQueue])
    }
}

extension KafkaSettings {
    static func properties(of settings: Settings) -> [String: String] {
        let transport = settings[Self.securityProtocol]
        var properties = ["security.protocol": transport.rawValue]
        properties["sasl.mechanism"] = settings[Self.saslMechanism]
        properties["sasl.username"] = settings[Self.saslUsername]
        properties["sasl.password"] = settings[Self.saslPassword]?.reveal()
        properties["ssl.ca.location"] = settings[Self.caLocation]
        properties["ssl.certificate.location"] = settings[Self.certificateLocation]
        properties["ssl.key.location"] = settings[Self.keyLocation]
        properties["ssl.key.password"] = settings[Self.keyPassword]?.reveal()
        if transport == .ssl || transport == .saslSSL {
            properties["ssl.endpoint.identification.algorithm"] = settings[Self.endpointIdentification].rawValue
        }
        return properties
    }
}
