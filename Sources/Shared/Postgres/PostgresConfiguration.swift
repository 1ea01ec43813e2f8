/// How to reach Postgres and how long to wait for it.
public struct PostgresConfiguration: Sendable {
    /// A `postgresql://` URI or a libpq conninfo string. Holds the password, so it is never logged or put in an error.
    /// Without a `target_session_attrs` of its own, only a server that takes writes will do.
    public var url: String
    /// Shown in `pg_stat_activity`.
    public var applicationName: String
    /// The most connections a pool opens, at least 1. Each has a thread of its own. Default 4.
    public var poolSize: Int
    /// Bound on opening a connection, for each host in `url`. Default 3 s.
    public var connectTimeout: Duration
    /// `statement_timeout` on the server. The client waits `responseGrace` longer, then gives the connection up.
    /// Zero means no limit on either side. Default 4 s.
    public var statementTimeout: Duration
    /// `idle_in_transaction_session_timeout` on the server; zero means none. Default 5 s.
    public var idleInTransactionTimeout: Duration
    /// How long a call waits for a free connection of the pool. Default 2 s.
    public var acquireTimeout: Duration
    /// What the client waits beyond `statementTimeout` before it takes the server for dead. Default 2 s.
    public var responseGrace: Duration
    /// The cap of the pause between two attempts to connect (full jitter, doubling from 50 ms). Default 1 s.
    public var reconnectCap: Duration
    /// Whether a COMMIT returns only when it is on the server's disk (`synchronous_commit`). Where it does not, a crash of
    /// the server may take back what was committed in its last moments, at most three times its `wal_writer_delay` (0.6 s
    /// by default; PostgreSQL's manual, "Asynchronous Commit"), but never a transaction without all those behind it.
    /// Default true.
    public var waitsForDisk: Bool

    public init(
        url: String,
        applicationName: String = "notifi",
        poolSize: Int = 4,
        connectTimeout: Duration = .seconds(3),
        statementTimeout: Duration = .seconds(4),
        idleInTransactionTimeout: Duration = .seconds(5),
        acquireTimeout: Duration = .seconds(2),
        responseGrace: Duration = .seconds(2),
        reconnectCap: Duration = .seconds(1),
        waitsForDisk: Bool = true
    ) {
        self.url = url
        self.applicationName = applicationName
        self.poolSize = max(1, poolSize)
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
        self.idleInTransactionTimeout = idleInTransactionTimeout
        self.acquireTimeout = acquireTimeout
        self.responseGrace = responseGrace
        self.reconnectCap = reconnectCap
        self.waitsForDisk = waitsForDisk
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "PostgresConfiguration(\(self.applicationName), at most \(self.poolSize))" }
    public var debugDescription: String { self.description }
    /// Hides `url` from `dump` and from interpolation of values that hold a configuration.
    public var customMirror: Mirror { Mirror(self, children: ["applicationName": self.applicationName]) }
}
