import Operations

enum RouterSettings {
    static let batchSize = Setting<Int>(
        "router.batch-size", default: 1_000, range: 1...10_000, help: "Requests that are routed at once.")

    static let all: [any AnySetting] =
        Settings.common + Settings.kafka + Settings.postgres + [
            Self.batchSize, PipelineSettings.shards, LagWatch.lookEvery,
        ]
}
