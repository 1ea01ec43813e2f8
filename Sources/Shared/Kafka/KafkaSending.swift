/// Records that a ``KafkaProducer`` took, whose reports are still to come.
public struct KafkaSending: Sendable {
    private enum State: Sendable {
        case settled([Result<KafkaReceipt, KafkaError>])
        case underWay([KafkaRecord], SendBatch)
    }

    private let state: State

    /// What became of records already, as though it were known by now.
    public init(_ results: [Result<KafkaReceipt, KafkaError>]) {
        self.state = .settled(results)
    }

    init(_ records: [KafkaRecord], _ batch: SendBatch) {
        self.state = .underWay(records, batch)
    }

    /// Waits for all reports; to be called once. Nothing is lost where nobody asks: the records are on their way.
    ///
    /// - Returns: A result for each record, in the same order. Cancelling has no effect.
    public func results() async -> [Result<KafkaReceipt, KafkaError>] {
        switch self.state {
        case .settled(let results): results
        case .underWay(let records, let batch):
            zip(records, await batch.outcomes()).map { record, outcome in outcome.result(of: record) }
        }
    }
}
