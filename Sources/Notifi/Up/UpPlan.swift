/// What `notifi up` was asked for.
struct UpRequest: Sendable {
    /// Where the API listens, 1...65535.
    var port: Int = 8080
    /// Holds the private cluster, the secrets and the `env` file.
    var stateDirectory: String
    /// Of the `notifi` process.
    var environment: [String: String] = [:]
    /// What an earlier `up` with this folder left in its `env` file.
    var previous = EnvironmentFile()
}

/// Decides what `notifi up` runs, and with which settings. Nothing is started by it.
struct UpPlan: Sendable, Equatable {
    enum Backing: Sendable, Equatable {
        /// Started, and stopped, by `up` itself.
        case embedded
        /// Somebody else's, by address.
        case external(String)
    }

    let kafka: Backing
    let postgres: Backing
    let port: Int
    let topicPrefix: String
    /// What was decided otherwise than the environment seems to ask for; to be shown.
    let notes: [String]
    private let inherited: [String: String]
    private let pollIntervalSeconds: String

    init(_ request: UpRequest) {
        var notes: [String] = []
        func backing(_ name: String, what: String) -> Backing {
            guard let address = request.environment[name], !address.isEmpty else { return .embedded }
            // Someone who has sourced the env file and starts again means the same as before, not a broker that is gone.
            if request.previous[Self.embeddedMark]?.split(separator: ",").contains(Substring(name)) == true,
                request.previous[name] == address
            {
                notes.append("\(name) is that of an earlier notifi up: starting \(what) anew")
                return .embedded
            }
            return .external(address)
        }
        self.kafka = backing(Self.brokersName, what: "the embedded broker")
        self.postgres = backing(Self.postgresName, what: "the private Postgres")
        self.port = request.port
        let prefix = request.environment["NOTIFI_KAFKA_TOPIC_PREFIX"] ?? ""
        self.topicPrefix = prefix.isEmpty ? "notifi" : prefix
        self.pollIntervalSeconds = request.environment["NOTIFI_POLL_INTERVAL_SECONDS"] ?? "2"
        self.inherited = request.environment.filter { !Self.isForScripts($0.key) }
        self.notes = notes
    }

    static let brokersName = "NOTIFI_KAFKA_BROKERS"
    static let postgresName = "NOTIFI_POSTGRES_URL"
    static let auditName = "NOTIFI_AUDIT_FILE"
    static let embeddedMark = "NOTIFI_UP_EMBEDDED"

    /// What every member of a group on the embedded broker has to agree on; one that is started by hand too.
    static let embeddedBrokerSettings = [
        "NOTIFI_KAFKA_FETCH_WAIT_MAX_MS": "5", "NOTIFI_KAFKA_SESSION_TIMEOUT_MS": "6000",
    ]

    /// What no daemon gets as it is: names of the `env` file, and what `up` decides itself.
    private static func isForScripts(_ name: String) -> Bool {
        let names = [
            "NOTIFI_URL", "NOTIFI_INBOX_URL", "NOTIFI_SERVICE_TOKEN", "NOTIFI_USER_TOKEN", "NOTIFI_USER_ID",
            "NOTIFI_READY_FILE", "NOTIFI_ADMIN_PORT", "NOTIFI_SESSION_JWT_SECRET", "NOTIFI_SESSION_JWT_JWKS_FILE",
            "NOTIFI_SESSION_JWT_JWKS_URL", Self.embeddedMark,
        ]
        return names.contains(name) || Daemon.allCases.contains { Self.adminPortName($0) == name }
    }

    static func adminPortName(_ daemon: Daemon) -> String {
        "NOTIFI_\(daemon.rawValue.uppercased())_ADMIN_PORT"
    }

    /// The whole environment of a daemon's process.
    ///
    /// - Parameter auditFile: where the API's audit lines go if the environment names no other file.
    func environment(
        of daemon: Daemon, connections: Connections, sessionSecret: String, readyFile: String, auditFile: String
    ) -> [String: String] {
        var environment = self.inherited
        environment[Self.brokersName] = connections.brokers
        environment[Self.postgresName] = connections.postgres
        environment["NOTIFI_READY_FILE"] = readyFile
        environment["NOTIFI_LOG_FORMAT"] = "text"
        if self.kafka == .embedded {
            // The embedded broker wakes no fetch that waits, and settles a rebalance after the session timeout.
            environment.merge(Self.embeddedBrokerSettings) { $1 }
        }
        if daemon == .api {
            environment["NOTIFI_HTTP_HOST"] = "127.0.0.1"
            environment["NOTIFI_HTTP_PORT"] = String(self.port)
            environment["NOTIFI_SESSION_JWT_SECRET"] = sessionSecret
            environment[Self.auditName] = self.auditFile(otherwise: auditFile)
            environment["NOTIFI_POLL_INTERVAL_SECONDS"] = self.pollIntervalSeconds
        } else {
            for name in environment.keys where Self.isOfTheAPI(name) {
                environment[name] = nil
            }
        }
        return environment
    }

    /// Where audit lines go.
    func auditFile(otherwise path: String) -> String {
        self.inherited[Self.auditName].flatMap { $0.isEmpty ? nil : $0 } ?? path
    }

    private static func isOfTheAPI(_ name: String) -> Bool {
        name.hasPrefix("NOTIFI_HTTP_") || name.hasPrefix("NOTIFI_SESSION_")
            || ["NOTIFI_POLL_INTERVAL_SECONDS", Self.auditName].contains(name)
    }
}

/// Addresses of what the daemons need.
struct Connections: Sendable, Equatable {
    let brokers: String
    /// With the password, if there is one.
    let postgres: String
}
