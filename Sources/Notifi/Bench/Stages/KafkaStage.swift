import Kafka
import Operations
import Wire

/// The Kafka client of the daemons beside librdkafka in plain C.
struct KafkaStage: BenchStage {
    let name = "kafka"

    private static let bytes = 200
    /// As many as a daemon sends or takes at once.
    private static let batchSize = 1_000

    private struct Run: Sendable {
        let produced: (raw: Double, ours: Double)
        let consumed: (raw: Double, ours: Double)
    }

    func measure(_ bench: Bench) async throws -> StageReport {
        let raw = try await RawKafka(bench)
        let count = bench.size(200_000, quick: 20_000)
        let runs = try await bench.eachRun(self.name) { _ in
            try await bench.withSite { site in
                let (first, second) = (site.topics.requests, site.topics.deliveries)
                let rawProduced = try await raw.produce(count, bytes: Self.bytes, to: first).perSecond
                let produced = try await self.produce(count, to: second, on: site)
                let rawConsumed = try await raw.consume(count, from: first).perSecond
                let consumed = try await self.consume(count, from: second, on: site)
                return Run(produced: (rawProduced, produced), consumed: (rawConsumed, consumed))
            }
        }
        return StageReport(figures: [
            self.figure("produce, batches of 1,000", runs.map(\.produced)),
            self.figure("consume, batches of 1,000", runs.map(\.consumed)),
        ])
    }

    private func figure(_ name: String, _ runs: [(raw: Double, ours: Double)]) -> Figure {
        Figure(
            name: name, unit: .perSecond, series: Series(runs.map(\.ours)),
            ceiling: Figure.Ceiling(name: "raw librdkafka", series: Series(runs.map(\.raw))))
    }

    /// Two batches are under way at a time, as in a daemon.
    private func produce(_ count: Int, to topic: String, on site: BenchSite) async throws -> Double {
        let value = [UInt8](repeating: 120, count: Self.bytes)
        return try await site.withProducer { producer in
            // The first one finds the brokers.
            for result in await producer.send([KafkaRecord(topic: site.topics.inboxChanges, key: nil, value: [])]) {
                _ = try result.get()
            }
            let begin = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for half in 0..<2 {
                    group.addTask {
                        for start in stride(from: half * Self.batchSize, to: count, by: 2 * Self.batchSize) {
                            let records = (start..<min(start + Self.batchSize, count)).map { number in
                                KafkaRecord(
                                    topic: topic, key: Array("user-\(number % BenchTraffic.defaultUsers)".utf8),
                                    value: value)
                            }
                            for result in await producer.send(records) { _ = try result.get() }
                        }
                    }
                }
                try await group.waitForAll()
            }
            return Double(count) / ((ContinuousClock.now - begin) / .seconds(1))
        }
    }

    private func consume(_ count: Int, from topic: String, on site: BenchSite) async throws -> Double {
        var options = KafkaConsumerOptions(group: "\(site.topicPrefix).bench", topics: [topic])
        if site.bench.servers.embedded != nil {
            options.sessionTimeout = .seconds(6)
            options.fetchWaitMax = .milliseconds(5)
        }
        let consumer = try KafkaConsumer(configuration: site.kafka, options: options, logger: Surroundings.logger)
        do {
            let rate = try await self.take(count, from: consumer)
            await consumer.close()
            return rate
        } catch {
            await consumer.close()
            throw error
        }
    }

    private func take(_ count: Int, from consumer: KafkaConsumer) async throws -> Double {
        let deadline = ContinuousClock.now + .seconds(120)
        var taken = 0
        var begin: (at: ContinuousClock.Instant, taken: Int)?
        while taken < count {
            guard ContinuousClock.now < deadline else { throw CommandFailure("only \(taken) of \(count) records came") }
            let batch = try await consumer.nextBatch(max: Self.batchSize, timeout: .milliseconds(500))
            taken += batch.messages.count
            if begin == nil, taken > 0 { begin = (.now, taken) }
            try await consumer.complete(batch)
        }
        guard let begin else { return 0 }
        return Double(taken - begin.taken) / ((ContinuousClock.now - begin.at) / .seconds(1))
    }
}
