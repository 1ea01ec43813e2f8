import Operations

enum DeliverySettings {
    static let batchSize = Setting<Int>(
        "delivery.batch-size", default: 500, range: 1...10_000,
        help: "Notifications that are written to the inbox at once, by up to half of the connections.")
    static let lookEvery = Setting<Duration>(
        "inbox.retention-look-seconds", seconds: 3_600, range: 1...86_400,
        help: "Seconds between two looks at what is to be made ahead, and at what is old enough to go.")

    static let all: [any AnySetting] =
        Settings.common + Settings.kafka + Settings.postgres + [
            Self.batchSize, Self.lookEvery, PipelineSettings.shards, PipelineSettings.userLimit,
            PipelineSettings.retentionDays, PipelineSettings.topicRetentionDays,
            LagWatch.lookEvery,
        ]
}
