import CLibpq

extension Session {
    func run(
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

    /// Sends, with BEGIN where a transaction is due, and takes all results; the last one is returned, or the first error
    /// thrown.
    func results(
        of request: Request, token: UInt64, timeout: Duration? = nil
    ) throws(PostgresError) -> PostgresRows {
        switch self.control.transaction {
        case .none: return try self.exchange(request, token: token, timeout: timeout)
        case .due: return try self.begin(with: request, token: token)
        case .failed: throw .failedTransaction
        }
    }

    private func begin(with first: Request, token: UInt64) throws(PostgresError) -> PostgresRows {
        self.control.transaction = .none
        do throws(PostgresError) {
            guard case .script = first else { return try self.exchange(.beginning(first), token: token) }
            _ = try self.exchange(.script("BEGIN"), token: token)
            return try self.exchange(first, token: token)
        } catch {
            // Without a BEGIN that took effect, a body that goes on all the same must not write outside of a transaction.
            if self.isIdle { self.control.transaction = .failed }
            throw error
        }
    }

    private func exchange(
        _ request: Request, token: UInt64, timeout: Duration? = nil
    ) throws(PostgresError) -> PostgresRows {
        let connection = try unsafe self.current()
        guard unsafe request.send(on: connection) else { throw unsafe self.lost(connection) }
        var rows: PostgresRows?
        var failure: PostgresError?
        var waiting = Waiting(timeout: timeout ?? self.responseTimeout)
        taking: while true {
            try unsafe self.awaitResult(connection, token: token, &waiting)
            guard let result = unsafe PQgetResult(connection) else {
                // In a pipeline that is the end of one command, of several.
                if unsafe PQpipelineStatus(connection) == PQ_PIPELINE_OFF { break }
                continue
            }
            defer { unsafe PQclear(result) }
            waiting.restart()
            switch unsafe PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                rows = unsafe ResultCopy.rows(result)
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                self.finish()
                throw PostgresError(code: .invalidStatement, message: "COPY is not supported here")
            case PGRES_PIPELINE_ABORTED:
                // Passed over by the server, since what stood before it failed.
                continue
            case PGRES_PIPELINE_SYNC:
                guard unsafe PQexitPipelineMode(connection) == 1 else { throw unsafe self.lost(connection) }
                break taking
            default:
                let error = unsafe ResultFields(result).error()
                // Without a state it is libpq itself that speaks, and of the connection.
                guard error.sqlState != nil else { throw unsafe failure ?? self.lost(connection) }
                failure = failure ?? error
                // Nothing more will come, not even the end of a pipeline.
                if error.isConnectionFailure { break taking }
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

    /// The deadline of a wait, and the request to cancel that is under way.
    private struct Waiting {
        let timeout: Duration?
        var deadline: ContinuousClock.Instant?
        var attempt: CancelAttempt?
        var cancelAgainAt: ContinuousClock.Instant?

        init(timeout: Duration?) {
            self.timeout = timeout
            self.restart()
        }

        /// Something came from the server.
        mutating func restart() {
            guard self.attempt == nil else { return }
            self.deadline = self.timeout.map { ContinuousClock.now + $0 }
        }
    }

    private var responseTimeout: Duration? {
        guard self.configuration.statementTimeout > .zero else { return nil }
        return self.configuration.statementTimeout + self.configuration.responseGrace
    }

    /// Returns when PQgetResult won't block, and no request to cancel is under way that could hit what comes later.
    private func awaitResult(
        _ connection: OpaquePointer, token: UInt64, _ waiting: inout Waiting
    ) throws(PostgresError) {
        while true {
            let unsent = unsafe PQflush(connection)
            if unsent < 0 { throw unsafe self.lost(connection) }
            let hasResult = unsafe unsent == 0 && PQisBusy(connection) == 0
            if hasResult, waiting.attempt?.isDone ?? true { return }
            if !hasResult { unsafe self.cancelIfAsked(connection, token: token, &waiting) }
            let again = hasResult ? nil : waiting.cancelAgainAt
            let wakeAt = [waiting.deadline, again].compactMap { $0 }.min()
            switch try unsafe self.wait(connection, read: !hasResult, write: unsent > 0, until: wakeAt) {
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
        guard self.control.isCancelled(token), waiting.attempt?.isDone ?? true else { return }
        let now = ContinuousClock.now
        if waiting.attempt == nil {
            let bound = now + self.configuration.responseGrace
            waiting.deadline = waiting.deadline.map { min($0, bound) } ?? bound
        } else if let cancelAgainAt = waiting.cancelAgainAt, now < cancelAgainAt {
            return
        }
        waiting.cancelAgainAt = now + .milliseconds(50)
        waiting.attempt = unsafe CancelAttempt.start(connection, control: self.control)
    }
}
