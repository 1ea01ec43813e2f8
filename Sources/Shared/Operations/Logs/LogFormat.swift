/// How log lines look.
public enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object a line: `time`, `level`, `daemon`, `message`, and the metadata beside them.
    case json
    /// For people: time, level, daemon, message, `key=value`.
    case text
}
