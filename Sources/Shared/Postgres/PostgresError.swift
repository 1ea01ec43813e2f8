/// What went wrong, in facts. `description` is safe to log and to show: it has no parameter values, no row contents,
/// no password and no connection string.
public struct PostgresError: Error, Sendable, Hashable {
    public enum Code: Sendable, Hashable {
        /// No connection could be made, or it was lost, or the server is starting or stopping, or takes no writes. Whether
        /// a statement (or a COMMIT) that was on its way took effect is unknown.
        case connection
        /// No connection of the pool became free within `acquireTimeout`.
        case poolTimeout
        /// The pool, connection or listener was closed.
        case closed
        /// The task was cancelled; the statement was not run, or was cancelled on the server.
        case cancelled
        /// The server refused the statement; see `sqlState`.
        case server
        /// A parameter has no form that Postgres takes; nothing was sent.
        case invalidParameter
        /// The statement or the connection string is malformed; nothing was sent.
        case invalidStatement
        /// A result does not have the column, or the column not the type, that was asked for.
        case decoding
    }

    public var code: Code
    /// Five characters, when the server told them.
    public var sqlState: String?
    /// What happened, in safe words.
    public var message: String
    public var schema: String?
    public var table: String?
    public var column: String?
    public var constraint: String?

    public init(
        code: Code, sqlState: String? = nil, message: String, schema: String? = nil, table: String? = nil,
        column: String? = nil, constraint: String? = nil
    ) {
        self.code = code
        self.sqlState = sqlState
        self.message = message
        self.schema = schema
        self.table = table
        self.column = column
        self.constraint = constraint
    }
}

extension PostgresError {
    /// The connection is gone, or could not be made. The outcome of what was under way is unknown.
    public var isConnectionFailure: Bool { self.code == .connection }

    /// The data is at fault and will be at the next attempt: SQLSTATE class 22 or 23 (but not a missing partition), 54000
    /// (a value that does not fit into an index, say), or a parameter that cannot be sent.
    public var isPoison: Bool {
        switch self.code {
        case .invalidParameter:
            return true
        case .server:
            guard let sqlState = self.sqlState, !self.isMissingPartition else { return false }
            return sqlState.hasPrefix("22") || sqlState.hasPrefix("23") || sqlState == "54000"
        case .connection, .poolTimeout, .closed, .cancelled, .invalidStatement, .decoding:
            return false
        }
    }

    /// Trying again later may succeed: everything that comes from the server or the way to it and is not poison.
    public var isRetriable: Bool {
        switch self.code {
        case .connection, .poolTimeout: true
        case .server: !self.isPoison
        case .closed, .cancelled, .invalidParameter, .invalidStatement, .decoding: false
        }
    }

    /// A partitioned table has no partition for a row: 23514 that names the table and no constraint. The message is in
    /// the server's language, and no help.
    public var isMissingPartition: Bool {
        self.sqlState == "23514" && self.constraint == nil && self.table != nil
    }

    /// `statement_timeout` ran out, or somebody else cancelled the statement (57014).
    public var isStatementTimeout: Bool { self.code == .server && self.sqlState == "57014" }

    /// A unique or primary key is taken (23505).
    public var isUniqueViolation: Bool { self.code == .server && self.sqlState == "23505" }

    /// A deadlock, a serialization failure or a lock that was not available: run the transaction again.
    public var isTransactionConflict: Bool {
        guard self.code == .server, let sqlState = self.sqlState else { return false }
        return sqlState == "40P01" || sqlState == "40001" || sqlState == "55P03"
    }
}

extension PostgresError: CustomStringConvertible {
    public var description: String {
        var text = "Postgres: \(self.message)"
        let facts = [
            ("SQLSTATE", self.sqlState), ("schema", self.schema), ("table", self.table), ("column", self.column),
            ("constraint", self.constraint),
        ].compactMap { name, value in value.map { "\(name) \($0)" } }
        if !facts.isEmpty { text += " (\(facts.joined(separator: ", ")))" }
        return text
    }
}

extension PostgresError {
    static let cancelled = PostgresError(code: .cancelled, message: "the task was cancelled")
    static let failedTransaction = PostgresError(
        code: .server, sqlState: "25P02", message: "the transaction had failed, so it was rolled back")
    static let nestedTransaction = PostgresError(
        code: .invalidStatement, message: "a transaction within a transaction of the same connection")
    static let poolTimeout = PostgresError(code: .poolTimeout, message: "no connection became free in time")
    static let poolClosed = PostgresError(code: .closed, message: "the pool is closed")
}
