import Foundation
import Glibc
import Notifications
import Subprocess
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd.API {
    /// What is written down of what was done: in a stream of its own, and counted by service.
    @Suite struct AuditTests {
        /// The lines that a service's requests left so far, or that concern this user.
        private func lines(_ text: String, of service: String) throws -> [JSONTree] {
            try text.split(separator: "\n").map { try JSONDecoder().decode(JSONTree.self, from: Data($0.utf8)) }
                .filter { $0["actor"]?["service"]?.text == service }
        }

        private func audit(_ api: DaemonProcess, of service: String) throws -> [JSONTree] {
            try self.lines(String(contentsOfFile: api.auditFile, encoding: .utf8), of: service)
        }

        @Test("a line for each that was accepted, moved and cancelled, before the answer; none of what was refused")
        func deeds() async throws {
            let installation = try Installation.shared
            let name = installation.serviceName("audit")
            let token = try await installation.issue(to: name)
            try await installation.untilKnown(token)
            let service = SendingService(http: installation.http, token: token.text, id: token.service)
            let api = installation[.api]
            let users = installation.users(3, "audited")
            let marker = "secret-\(UUID().uuidString)"

            let first = try await service.send(Outgoing(to: users[0], marker))
            var lines = try self.audit(api, of: name)
            #expect(lines.count == 1)
            let line = try #require(lines.first)
            #expect(line["action"]?.text == "notification.send" && line["outcome"]?.text == "accepted")
            #expect(line["actor"]?["token_id"]?.text == token.id.uuidString.lowercased())
            #expect(line["notification_id"]?.text == first.id && line["user_id"]?.text == users[0])
            #expect(line["event_type"]?.text == "new_message" && line["trace_id"]?.text?.count == 32)
            #expect(line["time"]?.text.flatMap { Instant(rfc3339: $0) } != nil)

            let batch = """
                [\(try draft(to: users[1], ["message": try quoted(marker)])),{"user_id":""},\(try draft(to: users[2]))]
                """
            let answer = try await installation.http.ask(
                "POST", "/api/notifications/batch", token: token.text, json: batch)
            #expect(answer.status == 200)
            _ = try await installation.http.ask("POST", "/api/notifications", token: token.text, json: "{}")
            lines = try self.audit(api, of: name)
            #expect(lines.compactMap { $0["user_id"]?.text } == users)

            _ = try await service.record(of: first.id, in: "delivered")
            #expect(try await service.cancel(first.id).state == "recalled")
            let later = try await service.send(Outgoing(to: users[1], "later", at: .inSeconds(3_600)))
            _ = try await service.record(of: later.id, in: "scheduled")
            #expect(try await service.reschedule(later.id, to: .inSeconds(7_200)).status == 200)
            #expect(try await service.reschedule(first.id, to: .inSeconds(7_200)).status == 409)
            #expect(try await service.cancel(later.id).state == "cancelled")
            // Asked for again, it is the same deed.
            for again in [first, later] { _ = try await service.cancel(again.id) }
            lines = Array(try self.audit(api, of: name).dropFirst(3))
            #expect(
                lines.map { $0["action"]?.text ?? "" } == [
                    "notification.cancel", "notification.send", "notification.reschedule", "notification.cancel",
                ])
            #expect(lines.map { $0["outcome"]?.text ?? "" } == ["recalled", "accepted", "rescheduled", "cancelled"])
            #expect(lines.compactMap { $0["user_id"]?.text } == [users[0], users[1], users[1], users[1]])
            let all = try String(contentsOfFile: api.auditFile, encoding: .utf8)
            #expect(!all.contains(marker) && !all.contains(token.text), "no content, no token")

            let metrics = HTTPClient(port: try api.ports.admin)
            let text = try await metrics.ask("GET", "/metrics").text
            await metrics.close()
            for (expected, count) in [
                ("api_accepted_total{service=\"\(name)\"}", 4), ("api_rescheduled_total{service=\"\(name)\"}", 1),
                ("api_cancelled_total{outcome=\"recalled\",service=\"\(name)\"}", 1),
                ("api_cancelled_total{outcome=\"cancelled\",service=\"\(name)\"}", 1),
                ("api_refused_total{code=\"validation_failed\",service=\"\(name)\"}", 2),
                ("api_refused_total{code=\"not_reschedulable\",service=\"\(name)\"}", 1),
            ] {
                #expect(text.contains("notifi_\(expected) \(count)\n"), "\(expected)")
            }
        }

        @Test("standard output is where it goes where no file is set; the file is opened anew on SIGHUP")
        func streams() async throws {
            let installation = try Installation.shared
            let user = installation.users(1, "streams")[0]
            let variables = ["NOTIFI_SESSION_JWT_SECRET": StrictAPI.secret]
            try await withOwnAPI(beside: installation, variables.merging(["NOTIFI_AUDIT_FILE": ""]) { $1 }) { api in
                let sent = try await api.http.ask(
                    "POST", "/api/notifications", token: installation.service.token, json: try draft(to: user))
                #expect(sent.status == 202)
                let lines = api.process.log.split(separator: "\n").filter { $0.contains("\"notification.send\"") }
                #expect(lines.count == 1 && lines[0].contains(user))
            }
            try await withFolder { folder in
                let path = "\(folder)/audit.jsonl"
                try await withOwnAPI(beside: installation, variables.merging(["NOTIFI_AUDIT_FILE": path]) { $1 }) {
                    api in
                    func count(_ path: String) throws -> Int {
                        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count
                    }
                    func send() async throws {
                        let sent = try await api.http.ask(
                            "POST", "/api/notifications", token: installation.service.token, json: try draft(to: user))
                        #expect(sent.status == 202)
                    }
                    try await send()
                    try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
                    try await send()
                    #expect(try count(path + ".1") == 2)
                    let pid = try #require(api.process.pid)
                    try #require(Glibc.kill(pid, SIGHUP) == 0)
                    try await require("it is opened anew", within: .seconds(10)) {
                        FileManager.default.fileExists(atPath: path)
                    }
                    try await send()
                    #expect(try count(path) == 1 && count(path + ".1") == 2)
                }
            }
        }

        @Test("an audit file that cannot be opened ends the API with 78, and a command before it changes anything")
        func unopenable() async throws {
            let installation = try Installation.shared
            let variables = [
                "NOTIFI_POSTGRES_URL": installation.database.server.url, "NOTIFI_KAFKA_BROKERS": "127.0.0.1:1",
                "NOTIFI_SESSION_JWT_SECRET": StrictAPI.secret, "NOTIFI_AUDIT_FILE": "/nowhere/audit.jsonl",
            ]
            let api = try await ProgramRun.daemon(.api, variables)
            #expect(api.status == .exited(78))
            #expect(api.errors.contains("/nowhere/audit.jsonl"), "\(api.lines)")
            let name = installation.serviceName("unaudited")
            let command = try await ProgramRun.command(["token", "create", "--service", name], variables)
            #expect(command.status != .exited(0) && command.errors.contains("/nowhere/audit.jsonl"))
            let listed = try await ProgramRun.command(["token", "list"], variables)
            #expect(listed.status == .exited(0) && !listed.output.contains(name))
        }

        @Test("commands tell what they changed: tokens and event types, by the system's user")
        func commands() async throws {
            let installation = try Installation.shared
            let variables = ["NOTIFI_POSTGRES_URL": installation.database.server.url]
            func run(_ arguments: String...) async throws -> (output: String, lines: [JSONTree]) {
                let run = try await ProgramRun.command(arguments, variables)
                #expect(run.status == .exited(0), "\(run.lines)")
                let lines = run.errors.split(separator: "\n").filter { $0.hasPrefix("{") }
                return (
                    run.output, try lines.map { try JSONDecoder().decode(JSONTree.self, from: Data($0.utf8)) }
                )
            }
            let name = installation.serviceName("commands")
            let created = try await run("token", "create", "--service", name, "--limit", "5")
            let line = try #require(created.lines.first)
            #expect(created.lines.count == 1 && line["action"]?.text == "token.create")
            #expect(line["service"]?.text == name && line["actor"]?["system_user"]?.text?.isEmpty == false)
            #expect(!"\(created.lines)".contains(created.output.trimmingCharacters(in: .newlines)), "not the token")
            let id = try #require(line["token_id"]?.text)
            #expect((try await run("token", "list")).output.contains("5/min"))
            let type = "audited_\(UUID().uuidString.prefix(6).lowercased())"
            for (arguments, action, outcome) in [
                (["token", "limit", id, "9"], "token.limit", "9 a minute"),
                (["token", "limit", id, "none"], "token.limit", "default"),
                (["token", "revoke", id], "token.revoke", "revoked"),
                (["event-type", "add", type, "--critical"], "event-type.add", "enabled"),
                (["event-type", "disable", type], "event-type.disable", "disabled"),
            ] {
                let run = try await ProgramRun.command(arguments, variables)
                #expect(run.status == .exited(0), "\(run.lines)")
                let line = try JSONDecoder().decode(JSONTree.self, from: Data(run.errors.utf8))
                #expect(line["action"]?.text == action && line["outcome"]?.text == outcome, "\(run.errors)")
            }
            for arguments in [
                ["token", "limit", UUID().uuidString, "9"], ["token", "revoke", UUID().uuidString],
                ["event-type", "disable", "never_there"],
                ["token", "create", "--service", name, "--event-types", "new_message,never_there"],
            ] {
                let run = try await ProgramRun.command(arguments, variables)
                #expect(run.status == .exited(1) && !run.errors.contains("\"action\""), "\(run.lines)")
            }
        }
    }
}
