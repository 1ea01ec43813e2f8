import Foundation
import Glibc
import Postgres
import Synchronization
import Testing

@testable import Notifi

@Suite(.serialized) struct LocalPostgresTests {
    private func query(_ url: String, _ sql: String) async throws -> PostgresRows {
        let connection = try await PostgresConnection.connect(PostgresConfiguration(url: url), logger: quiet)
        do {
            let rows = try await connection.query(PostgresStatement(sql))
            await connection.close()
            return rows
        } catch {
            await connection.close()
            throw error
        }
    }

    private func temporary(_ suffix: String = "") -> String {
        FileManager.default.temporaryDirectory.appending(path: "notifi-tests-\(UUID().uuidString)\(suffix)")
            .path(percentEncoded: false)
    }

    private func server(
        _ directory: String, log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> LocalPostgres {
        try LocalPostgres(.init(directory: directory, settings: ["fsync": "off"]), log: log)
    }

    @Test func keepsDataAndAddressBetweenStarts() async throws {
        let directory = self.temporary()
        let first = try LocalPostgres(directory: directory)
        try await first.start()
        _ = try await self.query(first.url, "CREATE TABLE kept AS SELECT 42 AS v")
        try await first.stop()
        try await first.stop()
        let second = try LocalPostgres(directory: directory)
        try await second.start()
        try await second.start()
        #expect(second.url == first.url)
        #expect(try await self.query(second.url, "SELECT v FROM kept")[0].decode("v", as: Int.self) == 42)
        #expect(try await self.query(second.socketURL, "SELECT v FROM kept")[0].decode("v", as: Int.self) == 42)
        let row = try await self.query(
            second.url,
            """
            SELECT current_setting('data_checksums') AS checksums, current_setting('server_encoding') AS encoding,
                current_setting('fsync') AS fsync,
                (SELECT datcollate FROM pg_database WHERE datname = 'notifi') AS locale
            """)[0]
        #expect(try row.decode("checksums", as: String.self) == "on")
        #expect(try row.decode("encoding", as: String.self) == "UTF8")
        #expect(try row.decode("fsync", as: String.self) == "on")
        #expect(try row.decode("locale", as: String.self) == "C")
        try await second.remove()
        #expect(!FileManager.default.fileExists(atPath: directory))
    }

    @Test func worksWhereOnlyItsOwnerMayEnter() async throws {
        let outer = self.temporary()
        try FileManager.default.createDirectory(
            atPath: outer, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: outer) } }
        let said = Mutex<[String]>([])
        let server = try self.server("\(outer)/postgres") { line in said.withLock { $0.append(line) } }
        try await server.start()
        #expect(try await self.query(server.url, "SELECT 1").count == 1)
        if getuid() == 0 {
            let data = try FileManager.default.destinationOfSymbolicLink(atPath: "\(outer)/postgres/data")
            #expect(said.withLock { $0 }.contains { $0.contains(data) })
            let pid = try #require(await server.pid)
            let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
            #expect(!status.contains("Uid:\t0"), "never as root")
            try await server.remove()
            #expect(!FileManager.default.fileExists(atPath: data))
        } else {
            try await server.remove()
        }
    }

    @Test func isInASessionOfItsOwnAndHandsItsLogOut() async throws {
        let lines = Mutex<[String]>([])
        try await withServer(log: { line in lines.withLock { $0.append(line) } }) { server async throws in
            let pid = try #require(await server.pid)
            #expect(getsid(pid) == pid)
            #expect(lines.withLock { $0 }.contains { $0.contains("ready to accept connections") })
        }
        #expect(lines.withLock { $0 }.contains { $0.contains("shutting down") || $0.contains("shutdown") })
    }

    @Test func refusesAFolderThatIsInUse() async throws {
        let directory = self.temporary()
        let first = try self.server(directory)
        try await first.start()
        let second = try self.server(directory)
        await #expect { try await second.start() } throws: { "\($0)".contains("in use") }
        #expect(try await self.query(first.url, "SELECT 1").count == 1)
        try await first.remove()
    }

    @Test func stopsALeftoverAndGoesOn() async throws {
        let directory = self.temporary()
        let first = try self.server(directory)
        try await first.start()
        let pid = try #require(await first.pid)
        // As after a SIGKILL of the process that had started it: a pid that is not in use, or has another start time.
        try "\(getpid()) 1\n".write(toFile: "\(directory)/owner", atomically: true, encoding: .utf8)
        let second = try self.server(directory)
        try await second.start()
        await first.ended()
        #expect(await second.pid != pid)
        #expect(try await self.query(second.url, "SELECT 1").count == 1)
        try await second.remove()
        try await first.stop()
    }

    @Test func refusesDataOfAnotherVersion() async throws {
        let directory = self.temporary()
        let server = try self.server(directory)
        try await server.start()
        try await server.stop()
        try "9\n".write(toFile: "\(directory)/data/PG_VERSION", atomically: true, encoding: .utf8)
        await #expect { try await server.start() } throws: { "\($0)".contains("Postgres 9, which is not installed") }
        try await server.remove()
    }

    @Test func takesAnotherPortIfItsOwnIsTakenAndRefusesIfItWasAskedFor() async throws {
        try await withServer { other async throws in
            let port = try #require(URL(string: other.url)?.port)
            let directory = self.temporary()
            let asked = try LocalPostgres(.init(directory: directory, port: port))
            await #expect { try await asked.start() } throws: { "\($0)".contains("port \(port) for Postgres is taken") }
            try "\(port)\n".write(toFile: "\(directory)/port", atomically: true, encoding: .utf8)
            let flexible = try self.server(directory)
            try await flexible.start()
            #expect(URL(string: flexible.url)?.port != port)
            #expect(try await self.query(flexible.url, "SELECT 1").count == 1)
            try await flexible.remove()
        }
    }

    @Test func aBadSettingIsOneClearLine() async throws {
        let directory = self.temporary()
        let server = try LocalPostgres(.init(directory: directory, settings: ["no_such_setting": "1"]))
        await #expect { try await server.start() } throws: { "\($0)".contains("no_such_setting") }
        #expect(await server.pid == nil)
        try await server.remove()
    }

    @Test func refusesASocketFolderOfAnybodyElse() async throws {
        let directory = self.temporary()
        let server = try self.server(directory)
        try await server.start()
        let folder = try #require(server.socketURL.split(separator: "host=").last?.split(separator: "&").first)
        try await server.stop()
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: String(folder))
        await #expect { try await server.start() } throws: {
            "\($0)".contains("must be a folder of the server's user alone")
        }
        try await server.remove()
    }

    @Test func aKilledServerIsNoticedAndStartsAgain() async throws {
        try await withServer { server async throws in
            let pid = try #require(await server.pid)
            kill(pid, SIGKILL)
            await server.ended()
            try await server.restart()
            #expect(try await self.query(server.url, "SELECT 1").count == 1)
        }
    }
}
