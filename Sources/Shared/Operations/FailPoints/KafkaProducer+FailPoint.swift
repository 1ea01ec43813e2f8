public import Kafka

extension KafkaProducer {
    /// Sends records in order and waits for all reports.
    ///
    /// - Parameter point: as below.
    @inlinable
    public func send(_ records: [KafkaRecord], halfway point: FailPoint) async -> [Result<KafkaReceipt, KafkaError>] {
        await self.handOver(records, halfway: point).results()
    }

    /// Hands records over in order.
    ///
    /// - Parameter point: passed when half of them are acknowledged, where there are two or more. Only where a test has
    ///   armed it they are sent in two parts, and the reports of both waited for.
    @inlinable
    public func handOver(_ records: [KafkaRecord], halfway point: FailPoint) async -> KafkaSending {
        #if DEBUG
        if point.isArmed, records.count > 1 {
            let middle = records.count / 2
            let first = await self.send(Array(records[..<middle]))
            point.pass()
            return KafkaSending(first + (await self.send(Array(records[middle...]))))
        }
        #endif
        return await self.handOver(records)
    }
}
