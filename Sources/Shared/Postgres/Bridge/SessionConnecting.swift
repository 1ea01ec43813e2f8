import CLibpq

extension Session {
    /// Without JIT: compiling a plan takes longer than any of our statements, and a wrong estimate is enough to ask for it.
    ///
    /// The server, too, is to notice within seconds that we are gone without a word (a machine that lost its power, a cut
    /// wire), or that a frozen client takes no more of an answer: what the session has locked is free then. On Unix sockets
    /// the server takes no notice of the `tcp_` ones.
    var settings: String {
        """
        SET statement_timeout = \(Self.milliseconds(self.configuration.statementTimeout)); \
        SET idle_in_transaction_session_timeout = \(Self.milliseconds(self.configuration.idleInTransactionTimeout)); \
        SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; \
        SET tcp_user_timeout = 5000; SET client_connection_check_interval = 1000; \
        SET TimeZone = 'UTC'; SET client_min_messages = notice; SET jit = off\
        \(self.configuration.waitsForDisk ? "" : "; SET synchronous_commit = off")
        """
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        // 0 would mean no limit, so what is shorter than a millisecond becomes one.
        let value = min(seconds, 2_000_000) * 1000 + attoseconds / 1_000_000_000_000_000
        return duration > .zero ? max(1, value) : 0
    }

    func start() throws(PostgresError) -> OpaquePointer {
        try ConnectionString.check(self.configuration.url)
        try self.checkText(self.configuration.applicationName)
        // What stands before `dbname` can be overridden by the URL, what stands after it can't.
        let parameters = [
            ("keepalives", "1"), ("keepalives_idle", "5"), ("keepalives_interval", "2"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "5000"),
            // Of several hosts the one that takes writes; a standby is as good as away.
            ("target_session_attrs", "read-write"), ("dbname", self.configuration.url),
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

    func handshake(
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
