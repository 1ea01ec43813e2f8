import Operations

enum DeliverySettings {
    static let batchSize = Setting<Int>(
        "delivery.batch-size", default: 500, range: 1...10_000,
        help: "Notifications that are written to the inbox in one transaction.")

    static let all: [any AnySetting] =
        Settings.common + Settings.kafka + Settings.postgres + [
            Self.batchSize, PipelineSettings.userLimit, PipelineSettings.retentionDays,
        ]
}
