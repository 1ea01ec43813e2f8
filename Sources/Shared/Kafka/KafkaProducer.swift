public import Logging

public final class KafkaProducer: Sendable {
    public init(configuration: KafkaConfiguration, logger: Logger, messageTimeout: Duration = .seconds(3)) throws(KafkaError) {
        throw KafkaError(code: .unsupported, reason: "being written")
    }
    public func run() async throws {}
    public func send(_ record: KafkaRecord) async throws(KafkaError) -> KafkaReceipt {
        throw KafkaError(code: .unsupported, reason: "being written")
    }
    public func send(_ records: [KafkaRecord]) async -> [Result<KafkaReceipt, KafkaError>] { [] }
}
