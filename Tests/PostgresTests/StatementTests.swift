import Foundation
import Logging
import Postgres
import Synchronization
import Testing

@testable import Notifi

extension Live {
    @Suite struct Statements {
        @Test func serverErrorsHaveTheirFacts() async throws {
            try await Live.withConnection { connection async throws in
                try await connection.execute(
                    script: "CREATE TEMPORARY TABLE facts (id int4 CONSTRAINT facts_key PRIMARY KEY, v int4 NOT NULL)")
                _ = try await connection.query("INSERT INTO facts VALUES (1, 1)")
                await #expect { try await connection.query("INSERT INTO facts VALUES (1, 1)") } throws: {
                    guard let error = $0 as? PostgresError else { return false }
                    return error.sqlState == "23505" && error.constraint == "facts_key" && error.table == "facts"
                        && error.isUniqueViolation && error.isPoison && !error.isRetriable
                }
                await #expect { try await connection.query("INSERT INTO facts VALUES (2, $1)", [.null]) } throws: {
                    ($0 as? PostgresError)?.sqlState == "23502" && ($0 as? PostgresError)?.column == "v"
                }
                await #expect { try await connection.query("SELEC 1") } throws: {
                    ($0 as? PostgresError)?.sqlState == "42601" && ($0 as? PostgresError)?.isPoison == false
                }
                #expect(try await connection.query("SELECT 1").count == 1)
            }
        }

        @Test(arguments: [(true, "on"), (false, "off")])
        func commitsWaitForTheDiskWhereTheyAreTo(_ waits: Bool, _ setting: String) async throws {
            try await Live.withConnection({ $0.waitsForDisk = waits }) { connection async throws in
                #expect(try await connection.query("SHOW synchronous_commit")[0].decode(0, as: String.self) == setting)
            }
        }

        @Test func aMissingPartitionIsNotPoison() async throws {
            try await Live.withConnection { connection async throws in
                try await connection.execute(
                    script: """
                        CREATE TEMPORARY TABLE parts (v int4 CONSTRAINT positive CHECK (v > 0)) PARTITION BY RANGE (v);
                        CREATE TEMPORARY TABLE parts1 PARTITION OF parts FOR VALUES FROM (-10) TO (10);
                        """)
                await #expect { try await connection.query("INSERT INTO parts VALUES ($1)", [.int4(11)]) } throws: {
                    guard let error = $0 as? PostgresError else { return false }
                    return error.isMissingPartition && !error.isPoison && error.isRetriable
                }
                await #expect { try await connection.query("INSERT INTO parts VALUES ($1)", [.int4(-1)]) } throws: {
                    guard let error = $0 as? PostgresError else { return false }
                    return error.sqlState == "23514" && !error.isMissingPartition && error.isPoison
                }
            }
        }

        @Test func errorsTellNoValuesAndNoSecrets() async throws {
            let secret = "s3cr3t-value-9471"
            try await Live.withConnection { connection async throws in
                try await connection.execute(
                    script: "CREATE TEMPORARY TABLE held (v text UNIQUE CHECK (length(v) < 30))")
                _ = try await connection.query("INSERT INTO held VALUES ($1)", [.text(secret)])
                for (sql, value) in [
                    ("INSERT INTO held VALUES ($1)", secret), ("INSERT INTO held VALUES ($1)", secret + secret),
                    ("SELECT $1::int4", secret), ("SELECT $1::text::uuid", secret), ("SELECT $1::text::jsonb", secret),
                    ("SELECT $1::text::timestamptz", secret),
                ] {
                    await #expect { try await connection.query(sql, [.text(value)]) } throws: {
                        !"\($0) \(String(reflecting: $0))".contains(secret)
                    }
                }
            }
            let server = try #require(Live.server)
            for url in [
                server.url.replacing("notifi:", with: "notifi:\(secret)"),
                server.url.replacing("127.0.0.1:", with: "127.0.0.1:1"),
                "postgresql://notifi:pa/\(secret)@127.0.0.1/notifi", "postgresql://notifi:a@\(secret)@127.0.0.1:1/x",
                "postgresql://notifi:\(secret)@127.0.0.1:\(secret)/x",
                "host=127.0.0.1 password=\(secret) port=x\(secret)",
                "password \(secret)", "http://u:\(secret)@x/", "postgresql://u:\(secret)@127.0.0.1/x?\(secret)=1",
                "postgresql://notifi:\(secret)@name.invalid:1/x", "postgresql://u:p%00\(secret)@127.0.0.1/x",
            ] {
                let configuration = PostgresConfiguration(url: url)
                #expect(!"\(configuration) \(String(reflecting: configuration))".contains(secret))
                var dumped = ""
                dump(configuration, to: &dumped)
                #expect(!dumped.contains(secret))
                await #expect { try await PostgresConnection.connect(configuration, logger: quiet) } throws: {
                    !"\($0) \(String(reflecting: $0))".contains(secret)
                        && [.connection, .invalidStatement].contains(($0 as? PostgresError)?.code)
                }
            }
        }

        @Test func aWrongPasswordIsAConnectionFailureWithItsState() async throws {
            let server = try #require(Live.server)
            let configuration = PostgresConfiguration(url: server.url.replacing("notifi:", with: "notifi:x"))
            await #expect { try await PostgresConnection.connect(configuration, logger: quiet) } throws: {
                ($0 as? PostgresError)?.sqlState == "28P01" && ($0 as? PostgresError)?.isConnectionFailure == true
            }
        }

        @Test func settingsOfTheSession() async throws {
            try await Live.withConnection({ $0.statementTimeout = .milliseconds(1234) }) { connection async throws in
                let row = try await connection.query(
                    """
                    SELECT current_setting('statement_timeout') AS statement, current_setting('TimeZone') AS zone,
                        current_setting('idle_in_transaction_session_timeout') AS idle,
                        current_setting('application_name') AS name
                    """)[0]
                #expect(try row.decode("statement", as: String.self) == "1234ms")
                #expect(try row.decode("idle", as: String.self) == "5s")
                #expect(try row.decode("zone", as: String.self) == "UTC")
                #expect(try row.decode("name", as: String.self) == "tests")
            }
        }

        /// What a session has locked is free within seconds also where its client vanished without a word.
        @Test func theServerNoticesThatAClientIsGone() async throws {
            try await Live.withConnection { connection async throws in
                for (name, value) in [
                    ("tcp_keepalives_idle", "5"), ("tcp_keepalives_interval", "2"), ("tcp_keepalives_count", "3"),
                    ("tcp_user_timeout", "5000"), ("client_connection_check_interval", "1s"),
                    ("idle_in_transaction_session_timeout", "5s"),
                ] {
                    let set = try await connection.query("SELECT current_setting($1)", [.text(name)])[0]
                    #expect(try set.decode(0, as: String.self) == value, "\(name)")
                }
            }
        }

        @Test func statementTimeout() async throws {
            try await Live.withConnection({ $0.statementTimeout = .milliseconds(100) }) { connection async throws in
                await #expect { try await connection.query("SELECT pg_sleep(10)") } throws: {
                    guard let error = $0 as? PostgresError else { return false }
                    return error.isStatementTimeout && error.isRetriable && !error.isConnectionFailure
                }
                #expect(try await connection.query("SELECT 1").count == 1)
            }
        }

        @Test func aServerThatDoesNotAnswerIsGivenUp() async throws {
            let bounds = { (configuration: inout PostgresConfiguration) in
                configuration.statementTimeout = .milliseconds(100)
                configuration.responseGrace = .milliseconds(200)
            }
            try await Live.withConnection(bounds) { connection async throws in
                // Takes the server's own bound away, so that only the client's is left.
                try await connection.execute(script: "SET statement_timeout = 0")
                let start = ContinuousClock.now
                await #expect { try await connection.query("SELECT pg_sleep(60)") } throws: {
                    ($0 as? PostgresError)?.isConnectionFailure == true
                }
                #expect(ContinuousClock.now - start < .seconds(15))
                await #expect { try await connection.query("SELECT 1") } throws: {
                    ($0 as? PostgresError)?.isConnectionFailure == true
                }
            }
        }

        @Test func idleInTransactionTimeout() async throws {
            try await Live.withConnection({ $0.idleInTransactionTimeout = .milliseconds(50) }) {
                connection async throws in
                let pid = try await connection.query("SELECT pg_backend_pid()")[0].decode(0, as: Int32.self)
                _ = try await connection.query("BEGIN")
                try await Live.withConnection { other async throws in
                    #expect(
                        try await eventually {
                            try await other.query("SELECT 1 FROM pg_stat_activity WHERE pid = $1", [.int4(pid)]).isEmpty
                        })
                }
                await #expect { try await connection.query("SELECT 1") } throws: {
                    ($0 as? PostgresError)?.isConnectionFailure == true
                }
            }
        }

        @Test func scripts() async throws {
            try await Live.withConnection { connection async throws in
                try await connection.execute(
                    script: """
                        CREATE TEMPORARY TABLE s (v int4); -- a comment; with a semicolon
                        INSERT INTO s VALUES (1); SELECT * FROM s;
                        DO $$ BEGIN RAISE NOTICE 'hello'; END $$;
                        """)
                #expect(try await connection.query("SELECT v FROM s")[0].decode("v", as: Int32.self) == 1)
                await #expect { try await connection.execute(script: "DELETE FROM s; SELECT 1/0; SELECT 2") } throws: {
                    ($0 as? PostgresError)?.sqlState == "22012"
                }
                #expect(try await connection.query("SELECT v FROM s").count == 1, "a failed script is undone")
                try await connection.execute(script: "")
                await #expect { try await connection.execute(script: "COPY s FROM STDIN") } throws: {
                    ($0 as? PostgresError)?.code == .invalidStatement
                }
            }
        }

        @Test func statementsArePreparedOnce() async throws {
            try await Live.withConnection { connection async throws in
                for value in 0..<5 { _ = try await connection.query("SELECT $1 + 1", [.int4(Int32(value))]) }
                _ = try await connection.query("SELECT $1 + 1", [.null])
                let count = "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1 + 1'"
                #expect(try await connection.query(PostgresStatement(count))[0].decode(0, as: Int.self) == 1)
                _ = try await connection.query("SELECT $1 + 1", [.int8(1)])
                #expect(try await connection.query(PostgresStatement(count))[0].decode(0, as: Int.self) == 2)
            }
        }

        @Test func preparedStatementsAreBounded() async throws {
            try await Live.withConnection { connection async throws in
                for value in 0..<300 {
                    #expect(try await connection.query("SELECT \(value)")[0].decode(0, as: Int.self) == value)
                }
                let count = try await connection.query("SELECT count(*) FROM pg_prepared_statements")
                #expect(try count[0].decode(0, as: Int.self) <= 256)
                #expect(try await connection.query("SELECT 0")[0].decode(0, as: Int.self) == 0)
            }
        }

        @Test func preparedStatementsSurviveAChangeOfTheSchema() async throws {
            try await Live.withConnection { connection async throws in
                try await connection.execute(script: "CREATE TEMPORARY TABLE c (a int4); INSERT INTO c VALUES (1)")
                #expect(try await connection.query("SELECT * FROM c")[0].columns.count == 1)
                try await connection.execute(script: "ALTER TABLE c ADD b text")
                #expect(try await connection.query("SELECT * FROM c")[0].columns.count == 2)
                try await connection.execute(script: "DEALLOCATE ALL")
                #expect(try await connection.query("SELECT * FROM c")[0].columns.count == 2)
            }
        }

        @Test func noticesGoToTheLog() async throws {
            let handler = CollectingLog()
            var logger = Logger(label: "tests") { _ in handler }
            logger.logLevel = .debug
            let connection = try await PostgresConnection.connect(try Live.configuration(), logger: logger)
            try await connection.execute(script: "DO $$ BEGIN RAISE NOTICE 'hello there'; END $$")
            await connection.close()
            #expect(handler.lines.contains { $0.hasPrefix("debug") && $0.contains("hello there") })
        }
    }
}

struct CollectingLog: LogHandler {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private let collected = Lines()
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace
    var lines: [String] { self.collected.all.withLock { $0 } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        self.collected.all.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
}
