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
    /// A broker refuses a batch of records as a whole, and librdkafka says so of each of them. So a refusal counts only
    /// where the record was sent alone: the refused ones are sent again one by one, which may change their order.
    ///
    /// - Parameter halfway: the fail point between two halves of them.
    /// - Throws: `CancellationError`, or the last failure when the daemon is stopping; some records may then be out.
    public func publish(
        _ records: [KafkaRecord], what: String, halfway point: FailPoint? = nil
    ) async throws -> Refused {
        try await self.finish(await self.begin(records, halfway: point), what: what)
    }

    /// Records that are handed over, and not known to be stored.
    public struct Begun: Sendable {
        fileprivate let records: [KafkaRecord]
        fileprivate let sending: KafkaSending
    }

    /// The first half of ``publish(_:what:halfway:)``: hands them over, in order, and before whatever is begun later. What
    /// fails then and is sent again by ``finish(_:what:)`` may come after those.
    public func begin(_ records: [KafkaRecord], halfway point: FailPoint? = nil) async -> Begun {
        let sending =
            if let point { await self.producer.handOver(records, halfway: point) } else {
                await self.producer.handOver(records)
            }
        return Begun(records: records, sending: sending)
    }

    /// The other half: returns and throws as the whole does. To be called once.
    public func finish(_ begun: Begun, what: String) async throws -> Refused {
        let records = begun.records
        let doubtful = try await self.settle(begun.sending, Array(records.indices), of: records, what: what)
        if records.count == 1 { return doubtful }
        var refused: Refused = [:]
        for index in doubtful.keys.sorted() {
            refused.merge(try await self.settle(nil, [index], of: records, what: what)) { $1 }
        }
        return refused
    }

    /// - Parameter begun: the first attempt, where it has been made.
    private func settle(
        _ begun: KafkaSending?, _ places: [Int], of records: [KafkaRecord], what: String
    ) async throws -> Refused {
        var begun = begun
        var waiting = places
        var refused: Refused = [:]
        guard !waiting.isEmpty else { return refused }
        try await retryForever(what, logger: self.logger, isRetriable: { $0 is KafkaError }) {
            let outcomes: [Result<KafkaReceipt, KafkaError>]
            if let sending = begun {
                begun = nil
                outcomes = await sending.results()
            } else {
                outcomes = await self.producer.send(waiting.map { records[$0] })
            }
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
}

extension KafkaError {
    /// The record is at fault, or one that shares its batch: sending them together again cannot help.
    public var isHopeless: Bool { self.code == .recordTooLarge }
}
