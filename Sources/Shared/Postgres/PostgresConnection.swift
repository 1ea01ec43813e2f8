import Blocking
public import Logging

/// One session with Postgres, on a thread of its own.
///
/// Statements run one after the other. Cancelling the task that awaits a statement cancels exactly that statement on
/// the server and throws `.cancelled`; the connection stays usable. A statement that gets no answer within
/// `statementTimeout` and `responseGrace` fails with `.connection`, and so does everything after it.
public actor PostgresConnection {
    private let executor: BlockingExecutor
    private let session: Session
    /// How others reach the thread while it waits for the socket.
    nonisolated let control: SessionControl

    public nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    private init(configuration: PostgresConfiguration, logger: Logger) throws(PostgresError) {
        self.executor = BlockingExecutor(name: "postgres")
        let control = try SessionControl()
        self.control = control
        self.session = Session(configuration: configuration, control: control, logger: logger)
    }

    /// Opens a connection of its own, outside any pool. Bounded by `connectTimeout`; cancelling gives up at once.
    public static func connect(
        _ configuration: PostgresConfiguration, logger: Logger
    ) async throws -> PostgresConnection {
        let connection = try PostgresConnection(configuration: configuration, logger: logger)
        try await connection.open()
        return connection
    }

    private func open() async throws(PostgresError) {
        try await self.cancellable { actor, token throws(PostgresError) in try actor.session.connect(token: token) }
    }

    /// Runs one statement and waits for its whole result.
    public func query(_ statement: PostgresStatement) async throws -> PostgresRows {
        try await self.cancellable { actor, token throws(PostgresError) in
            try actor.session.query(statement, token: token)
        }
    }

    /// Runs one statement and waits for its whole result.
    public func query(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> PostgresRows {
        try await self.query(PostgresStatement(sql, parameters))
    }

    /// Runs statements separated by semicolons, without parameters and results; outside a transaction block all of them
    /// are one transaction. `statementTimeout` bounds each of them.
    public func execute(script: String) async throws {
        try await self.cancellable { actor, token throws(PostgresError) in
            try actor.session.execute(script, token: token)
        }
    }

    /// Runs `body` between BEGIN and COMMIT; rolls back when it throws or the task was cancelled. BEGIN goes with the first
    /// statement, in one round trip; where there is none, nothing is sent.
    ///
    /// - Throws: what `body` threw; or `PostgresError`, of which `.connection` leaves open whether COMMIT took effect, and
    ///   `.invalidStatement` says that this is called within a transaction.
    public nonisolated(nonsending) func transaction<R>(
        _ body: nonisolated(nonsending) (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await self.transactOnce(body).result.get()
    }

    /// Ends the session; whoever waits for a statement gets `.closed`. Repeating it does nothing.
    public nonisolated func close() async {
        self.control.abort()
        await self.finish()
    }

    private func finish() {
        self.session.finish()
    }
}

extension PostgresConnection {
    /// What the pool learns from using a connection once.
    struct Outcome<Success, Failure: Error> {
        var result: Result<Success, Failure>
        var isReusable: Bool
    }

    /// Runs the statement and leaves the connection clean, in one visit to its thread.
    func queryOnce(_ statement: PostgresStatement) async -> Outcome<PostgresRows, PostgresError> {
        do throws(PostgresError) {
            let rows = try await self.query(typed: statement)
            return Outcome(result: .success(rows), isReusable: self.session.makeIdle())
        } catch {
            return Outcome(result: .failure(error), isReusable: self.session.makeIdle())
        }
    }

    /// `transaction`, which leaves the connection clean: n statements take n + 1 visits to its thread.
    nonisolated(nonsending) func transactOnce<R>(
        _ body: nonisolated(nonsending) (PostgresConnection) async throws -> R
    ) async -> Outcome<R, any Error> {
        if Task.isCancelled { return Outcome(result: .failure(PostgresError.cancelled), isReusable: true) }
        guard self.control.beginTransaction() else {
            return Outcome(result: .failure(PostgresError.nestedTransaction), isReusable: true)
        }
        let result: R
        do {
            result = try await body(self)
        } catch {
            return Outcome(result: .failure(error), isReusable: await self.makeIdle())
        }
        if Task.isCancelled {
            return Outcome(result: .failure(PostgresError.cancelled), isReusable: await self.makeIdle())
        }
        let commit = await self.commit()
        if case .failure(let error) = commit.result {
            return Outcome(result: .failure(error), isReusable: commit.isReusable)
        }
        return Outcome(result: .success(result), isReusable: commit.isReusable)
    }

    private func query(typed statement: PostgresStatement) async throws(PostgresError) -> PostgresRows {
        try await self.cancellable { actor, token throws(PostgresError) in
            try actor.session.query(statement, token: token)
        }
    }

    /// Whether the server has not hung up while the connection lay idle. The thread is visited only where something came.
    nonisolated func isUsable() async -> Bool {
        if self.control.isQuiet { return true }
        return await self.isUsableAfterAll()
    }

    private func isUsableAfterAll() -> Bool {
        self.session.isUsable()
    }

    /// Rolls back what a borrower left open. False where the connection must not be used again. Not cancellable, so that a
    /// cancelled task leaves nothing open.
    func makeIdle() -> Bool {
        self.session.makeIdle()
    }

    /// Waits without a bound for notifications; returns early, perhaps with none, when cancelled.
    func notifications() async throws(PostgresError) -> [PostgresNotification] {
        try await self.cancellable { actor, token throws(PostgresError) in try actor.session.notifications(token: token)
        }
    }

    func listen(to channels: [String]) async throws(PostgresError) {
        try await self.cancellable { actor, token throws(PostgresError) in
            for channel in channels {
                try actor.session.execute("LISTEN \(Self.quoted(identifier: channel))", token: token)
            }
        }
    }

    private static func quoted(identifier: String) -> String {
        "\"" + identifier.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    /// Not cancellable: whether it took effect must be known, and it is bounded by the timeouts.
    private func commit() -> Outcome<Void, PostgresError> {
        let result = Result { () throws(PostgresError) in try self.session.commit() }
        return Outcome(result: result, isReusable: self.session.makeIdle())
    }

    /// Runs `work`, which blocks this actor's thread; cancelling the task reaches only the call with this token.
    ///
    /// `work` takes the actor as `isolated`, so that the closure below has to capture it: one that doesn't would run on
    /// the cooperative pool, without a word from the compiler.
    private func cancellable<R: Sendable>(
        _ work: (isolated PostgresConnection, UInt64) throws(PostgresError) -> R
    ) async throws(PostgresError) -> R {
        let token = self.control.newToken()
        let result: Result<R, PostgresError> = await withTaskCancellationHandler {
            if Task.isCancelled { return .failure(.cancelled) }
            do throws(PostgresError) {
                return .success(try work(self, token))
            } catch {
                return .failure(error)
            }
        } onCancel: {
            self.control.cancel(token)
        }
        self.control.forget(token)
        return try result.get()
    }
}

extension PostgresConnection.Outcome: Sendable where Success: Sendable {}
