/// The keys that the parts of the pipeline have to agree on.
public enum PipelineSettings {
    public static let shards = Setting<Int>(
        "outbox.shards", default: 1, range: 1...1_024,
        help: "Shards of the outbox; the same for every daemon. Change it only while the outbox is empty.")
}
