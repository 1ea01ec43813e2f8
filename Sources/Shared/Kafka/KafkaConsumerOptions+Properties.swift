extension KafkaConsumerOptions {
    /// As librdkafka's client of a group takes them.
    func properties(_ configuration: KafkaConfiguration) -> ClientProperties {
        var properties = ClientProperties()
        properties.set("reconnect.backoff.ms", "50")
        properties.set("reconnect.backoff.max.ms", "1000")
        properties.set("fetch.error.backoff.ms", "100")
        // Since 2.2; before, a full local queue always cost a second.
        properties.set("fetch.queue.backoff.ms", "20", isOptional: true)
        // Topics that are made after the subscription are noticed by this.
        properties.set("topic.metadata.refresh.interval.ms", "10000")
        properties.set(configuration)
        properties.set("group.id", self.group)
        properties.set("enable.auto.commit", "false")
        properties.set("enable.auto.offset.store", "false")
        properties.set("auto.offset.reset", "earliest")
        properties.set("partition.assignment.strategy", self.assignmentStrategy.rawValue)
        properties.set("session.timeout.ms", self.sessionTimeout)
        properties.set("heartbeat.interval.ms", min(.seconds(3), self.sessionTimeout / 3))
        properties.set("max.poll.interval.ms", max(self.maxPollInterval, self.sessionTimeout))
        properties.set("fetch.wait.max.ms", self.fetchWaitMax)
        // librdkafka would hold 64 MiB, and ask for 50 more at once.
        let queueKiB = max(1_024, self.queueKiB)
        properties.set("queued.max.messages.kbytes", String(queueKiB))
        properties.set("fetch.max.bytes", String(min(queueKiB, 51_200) * 1_024))
        return properties
    }
}
