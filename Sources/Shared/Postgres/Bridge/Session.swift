import CLibpq
import Glibc
import Logging

/// One libpq connection. Its actor calls it, on one thread; libpq: "one thread ... per PGconn".
///
/// Every wait has a deadline and ends when the session's control says so. libpq is used without blocking throughout,
/// but for PQcancel, which connects anew (bounded by `tcp_user_timeout`, which libpq takes over).
///
/// `@safe`: the pointer stays in here, and is nil from `finish()` on.
@safe final class Session {
    private let configuration: PostgresConfiguration
    private let control: SessionControl
    private let notices: Notices
    private var statements = StatementCache(capacity: 256)
    private var connection: OpaquePointer?
    /// The one thread that may call; nil until the first call.
    private var thread: pthread_t?

    init(configuration: PostgresConfiguration, control: SessionControl, logger: Logger) {
        self.configuration = configuration
        self.control = control
        self.notices = Notices(logger: logger)
    }

    deinit {
        self.finish()
    }

    func finish() {
        if let connection = unsafe self.connection { unsafe PQfinish(connection) }
        unsafe self.connection = nil
    }

    // MARK: What the actor asks for

    func connect(token: UInt64) throws(PostgresError) {
        self.begin(token)
        defer { self.control.end(token) }
        do throws(PostgresError) {
            let connection = try unsafe self.start()
            unsafe self.connection = connection
            let hosts = ConnectionString.hostCount(self.configuration.url)
            let deadline = ContinuousClock.now + self.configuration.connectTimeout * hosts
            try unsafe self.handshake(connection, deadline: deadline, token: token)
            guard unsafe PQsetnonblocking(connection, 1) == 0 else { throw unsafe self.lost(connection) }
            _ = try self.results(
                of: .script(self.settings), token: token, timeout: self.configuration.connectTimeout)
        } catch {
            self.finish()
            throw error
        }
    }

    func query(_ statement: PostgresStatement, token: UInt64) throws(PostgresError) -> PostgresRows {
        self.begin(token)
        defer { self.control.end(token) }
        try self.checkText(statement.sql)
        let parameters = try EncodedParameters(statement.parameters)
        let mayRepeat = self.isIdle
        do throws(PostgresError) {
            return try self.run(statement.sql, parameters, token: token)
        } catch {
            // The schema changed since it was prepared, or somebody dropped it. Nothing was done then.
            guard error.sqlState == "0A000" || error.sqlState == "26000" else { throw error }
            guard let name = self.statements.find(statement.sql, types: parameters.types) else { throw error }
            self.statements.remove(statement.sql, name: name)
            guard mayRepeat, self.isIdle else { throw error }
            return try self.run(statement.sql, parameters, token: token)
        }
    }

    func execute(_ script: String, token: UInt64) throws(PostgresError) {
        self.begin(token)
        defer { self.control.end(token) }
        try self.checkText(script)
        _ = try self.results(of: .script(script), token: token)
    }

    /// Not to be cancelled. COMMIT of a failed transaction is a ROLLBACK, and then an error here.
    func commit() throws(PostgresError) {
        if let connection = unsafe self.connection, unsafe PQtransactionStatus(connection) == PQTRANS_INERROR {
            _ = self.makeIdle()
            throw PostgresError(
                code: .server, sqlState: "25P02", message: "the transaction had failed, so it was rolled back")
        }
        let token = self.control.newToken()
        self.begin(token)
        defer { self.control.end(token) }
        _ = try self.results(of: .script("COMMIT"), token: token)
    }

    /// Whether an idle connection still has its server. Sends nothing.
    func isUsable() -> Bool {
        guard let connection = unsafe self.connection, !self.control.isAborted else { return false }
        while unsafe SocketWait.hasInput(PQsocket(connection)) {
            guard unsafe PQconsumeInput(connection) == 1, unsafe PQstatus(connection) == CONNECTION_OK else {
                self.finish()
                return false
            }
        }
        // Lets libpq take notices out of its buffer, the one with the reason for the end among them.
        let isBusy = unsafe PQisBusy(connection) != 0
        guard !isBusy, !self.notices.isFatal, unsafe PQstatus(connection) == CONNECTION_OK else {
            self.finish()
            return false
        }
        return true
    }

    /// Not to be cancelled. False where the connection is of no more use.
    func makeIdle() -> Bool {
        guard let connection = unsafe self.connection, !self.control.isAborted else { return false }
        switch unsafe PQtransactionStatus(connection) {
        case PQTRANS_IDLE:
            return true
        case PQTRANS_INTRANS, PQTRANS_INERROR:
            let token = self.control.newToken()
            self.begin(token)
            defer { self.control.end(token) }
            do throws(PostgresError) {
                _ = try self.results(of: .script("ROLLBACK"), token: token)
            } catch {
                self.finish()
                return false
            }
            return self.isIdle
        default:
            self.finish()
            return false
        }
    }

    /// Waits, without a bound, until there is at least one.
    func notifications(token: UInt64) throws(PostgresError) -> [PostgresNotification] {
        self.begin(token)
        defer { self.control.end(token) }
        while true {
            let connection = try unsafe self.current()
            guard unsafe PQconsumeInput(connection) == 1 else { throw unsafe self.lost(connection) }
            var received: [PostgresNotification] = []
            while let notification = unsafe PQnotifies(connection) {
                defer { unsafe PQfreemem(notification) }
                received.append(
                    PostgresNotification(
                        channel: unsafe CText.string(notification.pointee.relname) ?? "",
                        payload: unsafe CText.string(notification.pointee.extra) ?? ""))
            }
            guard received.isEmpty else { return received }
            if self.notices.isFatal { throw unsafe self.lost(connection) }
            if self.control.isCancelled(token) { throw .cancelled }
            _ = try unsafe self.wait(connection, read: true, write: false, until: nil)
        }
    }

    /// What runs on a wrong thread shares a PGconn with another one, and nothing else would tell.
    private func begin(_ token: UInt64) {
        let thread = pthread_self()
        precondition(self.thread ?? thread == thread, "a connection was used outside of its actor's thread")
        self.thread = thread
        self.control.begin(token)
    }

    private var isIdle: Bool {
        guard let connection = unsafe self.connection else { return false }
        return unsafe PQtransactionStatus(connection) == PQTRANS_IDLE
    }
}

// MARK: - Connecting
extension Session {
    private var settings: String {
        """
        SET statement_timeout = \(Self.milliseconds(self.configuration.statementTimeout)); \
        SET idle_in_transaction_session_timeout = \(Self.milliseconds(self.configuration.idleInTransactionTimeout)); \
        SET TimeZone = 'UTC'; SET client_min_messages = notice
        """
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        // 0 would mean no limit, so what is shorter than a millisecond becomes one.
        let value = min(seconds, 2_000_000) * 1000 + attoseconds / 1_000_000_000_000_000
        return duration > .zero ? max(1, value) : 0
    }

    private func start() throws(PostgresError) -> OpaquePointer {
        try ConnectionString.check(self.configuration.url)
        try self.checkText(self.configuration.applicationName)
        // What stands before `dbname` can be overridden by the URL, what stands after it can't.
        let parameters = [
            ("keepalives", "1"), ("keepalives_idle", "5"), ("keepalives_interval", "2"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "5000"), ("dbname", self.configuration.url),
            ("application_name", self.configuration.applicationName), ("client_encoding", "UTF8"),
        ]
        let started = unsafe CText.withPointers(parameters.map(\.0)) { keywords in
            unsafe CText.withPointers(parameters.map(\.1)) { values in
                unsafe PQconnectStartParams(keywords, values, 1)
            }
        }
        guard let connection = unsafe started else {
            throw PostgresError(code: .connection, message: "out of memory")
        }
        unsafe self.notices.attach(to: connection)
        // Only so does a refusal's message hold its SQLSTATE.
        _ = unsafe PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        return unsafe connection
    }

    private func handshake(
        _ connection: OpaquePointer, deadline: ContinuousClock.Instant, token: UInt64
    ) throws(PostgresError) {
        if unsafe PQstatus(connection) == CONNECTION_BAD { throw unsafe self.refused(connection) }
        var status = PGRES_POLLING_WRITING
        while true {
            if self.control.isCancelled(token) { throw .cancelled }
            switch status {
            case PGRES_POLLING_OK:
                return
            case PGRES_POLLING_READING, PGRES_POLLING_WRITING:
                let isReading = status == PGRES_POLLING_READING
                switch try unsafe self.wait(connection, read: isReading, write: !isReading, until: deadline) {
                case .ready:
                    status = unsafe PQconnectPoll(connection)
                case .woken:
                    continue
                case .timedOut:
                    throw PostgresError(code: .connection, message: "connecting took too long")
                }
            default:
                throw unsafe self.refused(connection)
            }
        }
    }

    private func refused(_ connection: OpaquePointer) -> PostgresError {
        let text = unsafe CText.string(PQerrorMessage(connection))
        // A malformed connection string never gets as far as a socket, and the message quotes it.
        if unsafe PQsocket(connection) < 0, text?.contains("connection to server") != true {
            let isName = text?.contains("could not translate host name") == true
            if isName { return PostgresError(code: .connection, message: "the host name could not be resolved") }
            return ConnectionString.malformed
        }
        return ServerErrors.connectFailure(text, secret: unsafe CText.string(PQpass(connection)))
    }
}

// MARK: - Statements
extension Session {
    private func run(
        _ sql: String, _ parameters: EncodedParameters, token: UInt64
    ) throws(PostgresError) -> PostgresRows {
        let name = try self.prepared(sql, types: parameters.types, token: token)
        // Cancelled between the two: what is to be cancelled is not running yet.
        if self.control.isCancelled(token) { throw .cancelled }
        return try self.results(of: .execute(name: name, parameters), token: token)
    }

    private func prepared(_ sql: String, types: [UInt32], token: UInt64) throws(PostgresError) -> String {
        if let name = self.statements.find(sql, types: types) { return name }
        let name = self.statements.newName()
        _ = try self.results(of: .prepare(name: name, sql: sql, types: types), token: token)
        if let evicted = self.statements.insert(sql, types: types, name: name) {
            _ = try self.results(of: .script("DEALLOCATE \(evicted)"), token: token)
        }
        return name
    }

    /// Sends, and takes all results; the last one is returned, or the first error thrown.
    private func results(
        of request: Request, token: UInt64, timeout: Duration? = nil
    ) throws(PostgresError) -> PostgresRows {
        let connection = try unsafe self.current()
        guard unsafe request.send(on: connection) else { throw unsafe self.lost(connection) }
        var rows: PostgresRows?
        var failure: PostgresError?
        var waiting = Waiting(timeout: timeout ?? self.responseTimeout)
        while true {
            try unsafe self.awaitResult(connection, token: token, &waiting)
            guard let result = unsafe PQgetResult(connection) else { break }
            defer { unsafe PQclear(result) }
            waiting.restart()
            switch unsafe PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                rows = unsafe ResultCopy.rows(result)
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                self.finish()
                throw PostgresError(code: .invalidStatement, message: "COPY is not supported here")
            default:
                let error = unsafe ResultFields(result).error()
                // Without a state it is libpq itself that speaks, and of the connection.
                guard error.sqlState != nil else { throw unsafe failure ?? self.lost(connection) }
                failure = failure ?? error
            }
        }
        if let failure {
            if failure.isConnectionFailure { self.finish() }
            let isOurs = failure.sqlState == "57014" && self.control.isCancelled(token)
            throw isOurs ? .cancelled : failure
        }
        guard let rows else { throw unsafe self.lost(connection) }
        return rows
    }

    /// The deadline of a wait, and when to ask the server (again) to cancel.
    private struct Waiting {
        let timeout: Duration?
        var deadline: ContinuousClock.Instant?
        var cancelAgainAt: ContinuousClock.Instant?

        init(timeout: Duration?) {
            self.timeout = timeout
            self.restart()
        }

        mutating func restart() {
            self.deadline = self.timeout.map { ContinuousClock.now + $0 }
        }
    }

    private var responseTimeout: Duration? {
        guard self.configuration.statementTimeout > .zero else { return nil }
        return self.configuration.statementTimeout + self.configuration.responseGrace
    }

    /// Returns when PQgetResult won't block.
    private func awaitResult(
        _ connection: OpaquePointer, token: UInt64, _ waiting: inout Waiting
    ) throws(PostgresError) {
        while true {
            let unsent = unsafe PQflush(connection)
            if unsent < 0 { throw unsafe self.lost(connection) }
            if unsent == 0, unsafe PQisBusy(connection) == 0 { return }
            unsafe self.cancelIfAsked(connection, token: token, &waiting)
            let wakeAt = [waiting.deadline, waiting.cancelAgainAt].compactMap { $0 }.min()
            switch try unsafe self.wait(connection, read: true, write: unsent > 0, until: wakeAt) {
            case .ready:
                guard unsafe PQconsumeInput(connection) == 1 else { throw unsafe self.lost(connection) }
            case .woken:
                continue
            case .timedOut:
                guard let deadline = waiting.deadline, ContinuousClock.now >= deadline else { continue }
                self.finish()
                throw PostgresError(code: .connection, message: "the server gave no answer in time")
            }
        }
    }

    /// The server ignores a cancel that comes before it has begun with the statement, so it is asked until it answers.
    private func cancelIfAsked(_ connection: OpaquePointer, token: UInt64, _ waiting: inout Waiting) {
        guard self.control.isCancelled(token) else { return }
        let now = ContinuousClock.now
        if let cancelAgainAt = waiting.cancelAgainAt {
            guard now >= cancelAgainAt else { return }
        } else {
            let bound = now + self.configuration.responseGrace
            waiting.deadline = waiting.deadline.map { min($0, bound) } ?? bound
        }
        waiting.cancelAgainAt = now + .milliseconds(50)
        guard let cancel = unsafe PQgetCancel(connection) else { return }
        defer { unsafe PQfreeCancel(cancel) }
        var reason = [CChar](repeating: 0, count: 256)
        // Returns after the server has signalled the backend, so nothing sent later can be hit. If it fails, the
        // deadline ends the wait.
        _ = unsafe PQcancel(cancel, &reason, Int32(reason.count))
    }
}

// MARK: - Waiting and failing
extension Session {
    private func current() throws(PostgresError) -> OpaquePointer {
        if self.control.isAborted { throw self.closed() }
        guard let connection = unsafe self.connection else {
            throw PostgresError(code: .connection, message: "the connection is closed")
        }
        return unsafe connection
    }

    private func wait(
        _ connection: OpaquePointer, read: Bool, write: Bool, until deadline: ContinuousClock.Instant?
    ) throws(PostgresError) -> SocketWait.Outcome {
        let wait = SocketWait(socket: unsafe PQsocket(connection), control: self.control.descriptor)
        let outcome = try wait(read: read, write: write, until: deadline)
        if case .woken = outcome {
            self.control.drain()
            if self.control.isAborted { throw self.closed() }
        }
        return outcome
    }

    private func closed() -> PostgresError {
        self.finish()
        return PostgresError(code: .closed, message: "the connection was closed")
    }

    private func lost(_ connection: OpaquePointer) -> PostgresError {
        let text = unsafe CText.string(PQerrorMessage(connection))
        let secret = unsafe CText.string(PQpass(connection))
        self.finish()
        return ServerErrors.connectFailure(text ?? "the connection was lost", secret: secret)
    }

    private func checkText(_ text: String) throws(PostgresError) {
        guard !text.utf8.contains(0) else {
            throw PostgresError(code: .invalidStatement, message: "U+0000 in a statement")
        }
    }
}
