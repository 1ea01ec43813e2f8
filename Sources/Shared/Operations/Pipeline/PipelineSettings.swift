/// The keys that the parts of the pipeline have to agree on.
public enum PipelineSettings {
    public static let shards = Setting<Int>(
        "outbox.shards", default: 1, range: 1...1_024,
        help: "Shards of the outbox; the same for every daemon. Change it only while the outbox is empty.")
    public static let userLimit = Setting<Int>(
        "inbox.user-limit", default: 100, range: 1...1_000_000,
        help: "Notifications that a user gets in a calendar minute of their due time; critical event types pass.")
    public static let retentionDays = Setting<Int>(
        "inbox.retention-days", default: 30, range: 1...36_500,
        help: "Days for which inboxes are kept; what is due longer ago when it arrives has expired.")
    public static let topicRetentionDays = Setting<Int>(
        "kafka.topic-retention-days", default: 7, range: 1...3_650,
        help: "Days for which the topics keep messages, as notifi topics create makes them.")
}
