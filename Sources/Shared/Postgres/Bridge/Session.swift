import CLibpq
import Glibc
import Logging

/// One libpq connection. Its actor calls it, on one thread; libpq: "one thread ... per PGconn".
///
/// Every wait has a deadline and ends when the session's control says so. libpq is used without blocking, but
/// for PQcancel, which has a thread of its own for that, and for looking up a host's name.
///
/// `@safe`: the pointer stays in here, and is nil from `finish()` on.
@safe final class Session {
    let configuration: PostgresConfiguration
    let control: SessionControl
    let notices: Notices
    var statements = StatementCache(capacity: 256)
    var connection: OpaquePointer?
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
        self.control.setSocket(-1)
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
            self.control.setSocket(unsafe PQsocket(connection))
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

    /// Not to be cancelled. COMMIT of a failed transaction is a ROLLBACK, and then an error here; of one that had no
    /// statement, nothing.
    func commit() throws(PostgresError) {
        let transaction = self.control.transaction
        guard transaction != .due else { return }
        // Idle, it was ended by somebody else: COMMIT would be no more than a warning.
        let hasEnded =
            unsafe self.connection.map { connection in
                let status = unsafe PQtransactionStatus(connection)
                return status == PQTRANS_INERROR || status == PQTRANS_IDLE
            } ?? false
        if transaction == .failed || hasEnded {
            _ = self.makeIdle()
            throw .failedTransaction
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
        self.control.endTransaction()
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

    var isIdle: Bool {
        guard let connection = unsafe self.connection else { return false }
        return unsafe PQtransactionStatus(connection) == PQTRANS_IDLE
    }
}

// MARK: - Waiting and failing
extension Session {
    func current() throws(PostgresError) -> OpaquePointer {
        if self.control.isAborted { throw self.closed() }
        guard let connection = unsafe self.connection else {
            throw PostgresError(code: .connection, message: "the connection is closed")
        }
        return unsafe connection
    }

    func wait(
        _ connection: OpaquePointer, read: Bool, write: Bool, until deadline: ContinuousClock.Instant?
    ) throws(PostgresError) -> SocketWait.Outcome {
        // A negative descriptor is not looked at.
        let socket = read || write ? unsafe PQsocket(connection) : -1
        let wait = SocketWait(socket: socket, control: self.control.descriptor)
        let outcome = try wait(read: read, write: write, until: deadline)
        if case .woken = outcome {
            self.control.drain()
            if self.control.isAborted { throw self.closed() }
        }
        return outcome
    }

    func closed() -> PostgresError {
        self.finish()
        return PostgresError(code: .closed, message: "the connection was closed")
    }

    func lost(_ connection: OpaquePointer) -> PostgresError {
        let text = unsafe CText.string(PQerrorMessage(connection))
        let secret = unsafe CText.string(PQpass(connection))
        self.finish()
        return ServerErrors.lostConnection(text, secret: secret)
    }

    func checkText(_ text: String) throws(PostgresError) {
        guard !text.utf8.contains(0) else {
            throw PostgresError(code: .invalidStatement, message: "U+0000 in a statement")
        }
    }
}
