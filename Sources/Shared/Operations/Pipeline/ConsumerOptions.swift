public import Kafka
import Metrics

extension KafkaConsumerOptions {
    /// A group member as the settings say. Offsets out of range, which mean that data is gone, are counted.
    public init(group: String, topic: String, settings: Settings) {
        let outOfRange = Metric(
            "kafka_offsets_out_of_range", help: "Offsets that the broker no longer had: messages may be lost."
        ).counter(("topic", topic))
        self.init(
            group: group, topics: [topic], sessionTimeout: settings[KafkaSettings.sessionTimeout],
            fetchWaitMax: settings[KafkaSettings.fetchWaitMax],
            // A group waits for a member no longer than its session, so the last batch has to be done well before.
            revokeGrace: min(.seconds(10), settings[KafkaSettings.sessionTimeout] / 2),
            // Two consumers in a row have to be able to give up within the time that a stop may take.
            commitTimeout: .seconds(2), queueKiB: settings[KafkaSettings.consumerQueue],
            batchBytes: settings[KafkaSettings.batchKiB] * 1_024,
            onEvent: { if case .offsetOutOfRange = $0 { outOfRange.increment() } })
    }
}
