public import Kafka
public import Logging

/// Publishes records and keeps at it until every one has its delivery report.
public struct Publisher: Sendable {
    private let producer: KafkaProducer
    private let logger: Logger

    public init(producer: KafkaProducer, logger: Logger) {
        self.producer = producer
        self.logger = logger
    }

    /// What can never be published, by its place among the records.
    public typealias Refused = [Int: KafkaError]

    /// Returns when every record is acknowledged, or refused for good (too large, say). A record that timed out is sent
    /// again: it may be there twice then, and the inbox takes it once (P2).
    ///
    /// - Parameter halfway: the fail point between two halves of them.
    /// - Throws: `CancellationError`, or the last failure when the daemon is stopping; some records may then be out.
    public func publish(
        _ records: [KafkaRecord], what: String, halfway point: FailPoint? = nil
    ) async throws -> Refused {
        var waiting = Array(records.indices)
        var refused: Refused = [:]
        guard !waiting.isEmpty else { return refused }
        try await retryForever(what, logger: self.logger, isRetriable: { $0 is KafkaError }) {
            let outcomes = await self.send(waiting.map { records[$0] }, halfway: point)
            var failed: [Int] = []
            var failure: KafkaError?
            for (index, outcome) in zip(waiting, outcomes) {
                guard case .failure(let error) = outcome else { continue }
                if error.isHopeless {
                    refused[index] = error
                } else {
                    failed.append(index)
                    failure = error
                }
            }
            waiting = failed
            if let failure { throw failure }
        }
        return refused
    }

    private func send(
        _ records: [KafkaRecord], halfway point: FailPoint?
    ) async -> [Result<KafkaReceipt, KafkaError>] {
        guard let point else { return await self.producer.send(records) }
        return await self.producer.send(records, halfway: point)
    }
}

extension KafkaError {
    /// The record itself is at fault: sending it again cannot help.
    public var isHopeless: Bool { self.code == .recordTooLarge }
}
