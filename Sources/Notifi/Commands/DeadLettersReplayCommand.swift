import ArgumentParser
import Kafka
import Notifications
import Operations
import Store
import Wire

struct DeadLettersReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Publish dead letters to their topic again, under their ids, the oldest first.",
        discussion: """
            To be used once the reason is mended. What was delivered meanwhile stays once in the inbox, what was \
            cancelled stays cancelled, what is older than the inbox's retention ends as expired; what cannot be processed \
            still becomes a dead letter again. At most \(DeadLetterChoice.most) go at once.
            """)

    @OptionGroup
    var choice: DeadLetterChoice

    func run() async throws {
        let choice = self.choice
        let audit = try Surroundings.audit()
        let settings = try Settings.load(Settings.kafka)
        let topics = Topics(prefix: settings[KafkaSettings.topicPrefix])
        let producer = try KafkaProducer(
            configuration: KafkaConfiguration(settings: settings, clientID: "notifi"), logger: Surroundings.logger)
        let (text, foreign) = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await producer.run() }
            defer { group.cancelAll() }
            return try await Surroundings.withDatabase { pool in
                let (chosen, areMore) = try await choice.rows(on: pool)
                let rows = chosen.filter { [topics.requests, topics.deliveries].contains($0.origin.topic) }
                let foreign = chosen.count - rows.count
                let count = try await DeadLetterSettling(settlement: .replayed, audit: audit)
                    .run(rows, on: pool) { letters in
                        await producer.send(letters.map(\.record)).map { result in
                            result.map { _ in }.mapError { $0 as any Error }
                        }
                    }
                return (
                    DeadLetterTally.text(.replayed, count: count, of: rows.count, areMore: areMore), foreign
                )
            }
        }
        print(text)
        if foreign > 0 {
            throw CommandFailure(
                "not_replayable: \(foreign) came neither from \(topics.requests) nor from \(topics.deliveries), and stay "
                    + "open; look at them with `show`, and discard them")
        }
    }
}

extension FindDeadLetters.Letter {
    /// The record as it was before it became a dead letter.
    var record: KafkaRecord {
        KafkaRecord(
            topic: self.row.origin.topic, key: self.key, value: self.value ?? [],
            headers: RecordHeader.headers(
                id: self.row.id, service: self.row.service, traceparent: self.trace?.description))
    }
}
