import Foundation
import Logging
import Synchronization
import Testing

@testable import Operations

@Suite struct AuditTests {
    private let token = UUID(uuidString: "0198A3F0-0000-7000-8000-00000000ABCD")!
    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test func aLineTellsWhoWhatForWhomAndWhen() {
        let line = AuditLine(
            .send, by: .service("shop", token: self.token), outcome: "accepted", notificationID: "n1", userID: "u1",
            eventType: "new_message", traceID: "0af7651916cd43dd8448eb211c80319c")
        #expect(
            line.text(time: "T") == """
                {"time":"T","action":"notification.send",\
                "actor":{"service":"shop","token_id":"0198a3f0-0000-7000-8000-00000000abcd"},\
                "notification_id":"n1","user_id":"u1","event_type":"new_message","outcome":"accepted",\
                "trace_id":"0af7651916cd43dd8448eb211c80319c"}

                """)
    }

    @Test func aDeadLetterIsNamedByItsOrigin() {
        let line = AuditLine(.replayDeadLetter, by: .systemUser("root"), outcome: "replayed", origin: "t/1/2")
        #expect(
            line.text(time: "T") == """
                {"time":"T","action":"dead-letter.replay","actor":{"system_user":"root"},"origin":"t/1/2",\
                "outcome":"replayed"}

                """)
    }

    @Test func whatDoesNotApplyIsLeftOut() {
        let line = AuditLine(.disableEventType, by: .systemUser("root"), outcome: "disabled", eventType: "x")
        #expect(
            line.text(time: "T") == """
                {"time":"T","action":"event-type.disable","actor":{"system_user":"root"},"event_type":"x",\
                "outcome":"disabled"}

                """)
    }

    @Test(
        "names cannot end a line, nor begin a member",
        arguments: ["a\nb", "\",\"outcome\":\"x", "\u{2028}", "\\", "\0"])
    func hostileNames(_ name: String) throws {
        let text = AuditLine(.send, by: .service(name, token: nil), outcome: "accepted", userID: name).text(time: "T")
        #expect(text.filter { $0 == "\n" }.count == 1)
        let read = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(read["actor"] as? [String: String] == ["service": name])
        #expect(read["user_id"] as? String == name)
        #expect(read["outcome"] as? String == "accepted")
    }

    private func line(_ id: Int) -> AuditLine {
        AuditLine(.send, by: .service("shop", token: nil), outcome: "accepted", notificationID: "\(id)")
    }

    /// The ids of the lines in a file; every line has to be whole.
    private func ids(_ path: String) throws -> [Int] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
            let line = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            return try #require((line?["notification_id"] as? String).flatMap { Int($0) })
        }
    }

    @Test func aFileIsAppendedToAndItsOwnersAlone() throws {
        let path = temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        for id in 0..<2 {
            let stream = try AuditStream(to: .file(path), logger: self.quiet)
            stream.write(self.line(id))
            stream.write([])
        }
        #expect(try self.ids(path) == [0, 1])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func linesOfOneRequestStayTogether() async throws {
        let path = temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let stream = try AuditStream(to: .file(path), logger: self.quiet)
        await withTaskGroup { group in
            for request in 0..<50 {
                group.addTask { stream.write((0..<100).map { self.line(request * 100 + $0) }) }
            }
        }
        let ids = try self.ids(path)
        #expect(ids.count == 5_000)
        for start in stride(from: 0, to: ids.count, by: 100) {
            #expect(Array(ids[start..<start + 100]) == (ids[start]..<ids[start] + 100).map { $0 })
        }
    }

    @Test func openedAnewItLeavesWhatWasMovedAway() throws {
        let path = temporaryPath()
        defer { for path in [path, path + ".1"] { try? FileManager.default.removeItem(atPath: path) } }
        let stream = try AuditStream(to: .file(path), logger: self.quiet)
        stream.write(self.line(1))
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        stream.write(self.line(2))
        try stream.reopen()
        stream.write(self.line(3))
        #expect(try self.ids(path + ".1") == [1, 2])
        #expect(try self.ids(path) == [3])
    }

    @Test func whereItCannotBeOpenedItSaysWhere() {
        let error = #expect(throws: AuditError.self) {
            try AuditStream(to: .file("/nowhere/audit.jsonl"), logger: self.quiet)
        }
        #expect(error?.description.contains("/nowhere/audit.jsonl") == true)
    }

    @Test func whatCannotBeWrittenIsLogged() throws {
        let logged = Mutex<[String]>([])
        let logger = Logger(label: "test") { _ in
            LineLogHandler(
                formatter: LineFormatter(daemon: "test", format: .text),
                output: LogOutput { line in
                    logged.withLock { $0.append(line) }
                }, level: .info)
        }
        // Always full.
        try AuditStream(to: .file("/dev/full"), logger: logger).write(self.line(1))
        let lines = logged.withLock { $0 }
        #expect(lines.count == 1 && lines[0].contains("audit lines could not be written"))
    }
}
