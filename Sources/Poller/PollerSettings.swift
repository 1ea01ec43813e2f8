import Operations

enum PollerSettings {
    static let batchSize = Setting<Int>(
        "poller.batch-size", default: 500, range: 1...10_000, help: "Outbox rows that one claim takes at most.")

    static let all: [any AnySetting] =
        Settings.common + Settings.kafka + Settings.postgres + [Self.batchSize, PipelineSettings.shards]
}
