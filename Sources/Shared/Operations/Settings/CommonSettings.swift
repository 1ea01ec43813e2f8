public import Logging

/// What every daemon reads.
public enum CommonSettings {
    public static let adminHost = Setting<String>(
        "admin.host", default: "127.0.0.1", help: "Address on which /livez, /readyz and /metrics are served.")
    public static let adminPort = Setting<Int>(
        "admin.port", default: 0, range: 0...65_535, help: "Port of the same; 0 lets the system choose one.")
    public static let logLevel = Setting<Logger.Level>(
        "log.level", default: .info,
        help: "The least severe level that is logged; debug has lines for each notification.")
    public static let logFormat = Setting<LogFormat>(
        "log.format", default: .json, help: "json: one object a line. text: for people to read.")

    static let all: [any AnySetting] = [Self.adminHost, Self.adminPort, Self.logLevel, Self.logFormat]
}

extension Settings {
    /// ``CommonSettings``: every daemon has to list them.
    public static var common: [any AnySetting] { CommonSettings.all }
    /// ``KafkaSettings``: for whoever makes a `KafkaConfiguration`.
    public static var kafka: [any AnySetting] { KafkaSettings.all }
    /// ``PostgresSettings``: for whoever makes a `PostgresConfiguration`.
    public static var postgres: [any AnySetting] { PostgresSettings.all }
}
