import ArgumentParser
import Kafka
import Notifications
import Operations
import Postgres
import Store
import Wire

struct DeadLettersReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Publish dead letters to their topic again, under their ids.",
        discussion: """
            To be used once the reason is mended. What was delivered meanwhile stays once in the inbox, what was \
            cancelled stays cancelled; what cannot be processed still becomes a dead letter again.
            """)

    @OptionGroup
    var choice: DeadLetterChoice

    func run() async throws {
        let settings = try Settings.load(Settings.kafka)
        let topics = Topics(prefix: settings[KafkaSettings.topicPrefix])
        let producer = try KafkaProducer(
            configuration: KafkaConfiguration(settings: settings, clientID: "notifi"), logger: Surroundings.logger)
        let choice = self.choice
        let count = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await producer.run() }
            defer { group.cancelAll() }
            return try await Surroundings.withDatabase { pool in
                try await Self.replay(try await choice.rows(on: pool), topics: topics, producer: producer, pool: pool)
            }
        }
        print("replayed \(count)")
    }

    /// One after the other: each is settled as soon as the brokers have it.
    private static func replay(
        _ rows: [ListDeadLetters.Row], topics: Topics, producer: KafkaProducer, pool: PostgresPool
    ) async throws -> Int {
        if let foreign = rows.first(where: { ![topics.requests, topics.deliveries].contains($0.origin.topic) }) {
            throw CommandFailure("\(foreign.origin) is of no topic that could be replayed; discard it")
        }
        var count = 0
        for row in rows {
            let isNew = try await SettleDeadLetter.run(row, as: .replayed, by: Operator.name, on: pool) { letter in
                _ = try await producer.send(letter.record)
            }
            if isNew { count += 1 }
        }
        return count
    }
}

extension FindDeadLetters.Letter {
    /// The record as it was before it became a dead letter.
    var record: KafkaRecord {
        KafkaRecord(
            topic: self.row.origin.topic, key: self.key, value: self.value ?? [],
            headers: RecordHeader.headers(id: self.row.id, service: self.row.service, trace: self.trace))
    }
}
