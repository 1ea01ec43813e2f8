public import Logging
public import Postgres

/// The one session of all daemons that keeps the inbox: whoever has it holds an advisory lock for as long as it is open.
public enum KeeperSession {
    /// Any number that nobody else uses.
    private static let lock: Int64 = 0x6e6f_7469_6b70

    static let longestSeconds = 120

    /// So that no statement of the keeper stands in a queue, with readers behind it, for longer; and so that a lock of a
    /// machine that is gone is free within a minute or so.
    private static let preparation = """
        SET lock_timeout = '2s'; SET statement_timeout = '6s';
        SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3
        """

    /// Runs `body` on a connection of its own, outside of transactions.
    ///
    /// The lock ends with the session, and so however this ends.
    ///
    /// - Returns: `nil` where another replica has it.
    @discardableResult
    public static func run<Success: Sendable>(
        _ configuration: PostgresConfiguration, logger: Logger,
        _ body: (PostgresConnection) async throws -> Success
    ) async throws -> Success? {
        var configuration = configuration
        // The longest of its statements reads whole tables, and is in nobody's way.
        configuration.statementTimeout = .seconds(Self.longestSeconds)
        let connection = try await PostgresConnection.connect(configuration, logger: logger)
        do {
            let success = try await self.run(on: connection, body)
            await connection.close()
            return success
        } catch {
            await connection.close()
            throw error
        }
    }

    private static func run<Success: Sendable>(
        on connection: PostgresConnection, _ body: (PostgresConnection) async throws -> Success
    ) async throws -> Success? {
        let isOurs = try await connection.query("SELECT pg_try_advisory_lock($1) AS got", [.int8(Self.lock)])[0]
            .decode("got", as: Bool.self)
        guard isOurs else { return nil }
        try await connection.execute(script: Self.preparation)
        return try await body(connection)
    }
}
