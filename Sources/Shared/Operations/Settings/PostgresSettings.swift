public import Postgres

/// The keys of the Postgres client.
public enum PostgresSettings {
    public static let url = Setting<Secret>(
        secret: "postgres.url", help: "Database, as postgres://user@host:port/name or as key=value pairs.")
    public static let poolSize = Setting<Int>(
        "postgres.pool-size", default: 4, range: 1...100,
        help: "Connections that a process holds open; router and delivery write a batch over half of them.")

    static let all: [any AnySetting] = [Self.url, Self.poolSize]
}

extension PostgresConfiguration {
    /// The database and the size of the pool as the settings say.
    public init(settings: Settings, applicationName: String) {
        self.init(
            url: settings[PostgresSettings.url].reveal(), applicationName: applicationName,
            poolSize: settings[PostgresSettings.poolSize])
    }
}
