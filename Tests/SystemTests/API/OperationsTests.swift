import Foundation
import Notifications
import Subprocess
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd.API {
    /// The daemons as processes: health, metrics, configuration, logs.
    @Suite struct OperationsTests {}
}

extension EndToEnd.API.OperationsTests {
    private func admin(_ process: DaemonProcess, _ path: String) async throws -> HTTPAnswer {
        let http = HTTPClient(port: try process.ports.admin)
        let answer = try await http.ask("GET", path)
        await http.close()
        return answer
    }

    @Test(
        "/livez, /readyz and /metrics of a daemon that runs; promtool finds nothing to say", arguments: Daemon.allCases)
    func healthy(_ daemon: Daemon) async throws {
        let process = try Installation.shared[daemon]
        let alive = try await self.admin(process, "/livez")
        #expect(alive.status == 200)
        try await process.waitUntilReady()
        let ready = try await self.admin(process, "/readyz?verbose")
        #expect(ready.status == 200)
        let lines = ready.text.split(separator: "\n").map(String.init)
        #expect(lines.first == "ready")
        for dependency in ["kafka", "postgres"] {
            #expect(lines.contains { $0.hasPrefix("\(dependency) (") && $0.contains("): ok since ") }, "\(ready.text)")
        }
        #expect(try await self.admin(process, "/readyz").text == "ready\n")
        #expect(try await self.admin(process, "/nothing").status == 404)

        let metrics = try await self.admin(process, "/metrics")
        #expect(metrics.status == 200)
        #expect(metrics.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
        let said = try await ProgramRun.run(.name("promtool"), arguments: ["check", "metrics"], input: metrics.text)
        #expect(said.status == .exited(0) && said.lines.isEmpty, "\(said.lines)")
        #expect(metrics.text.contains("notifi_build_info{daemon=\"\(daemon.executable)\""))
    }

    @Test("the metrics count what was done")
    func counted() async throws {
        let installation = try Installation.shared
        func value(_ name: String, of daemon: Daemon) async throws -> Double {
            let text = try await self.admin(installation[daemon], "/metrics").text
            let line = try #require(
                text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }, "\(name) in \(text)")
            return try #require(Double(line.dropFirst(name.count + 1)))
        }
        let accepted = try await value(#"notifi_api_accepted_total{service="orders"}"#, of: .api)
        let delivered = try await value(#"notifi_delivery_decided_total{outcome="delivered"}"#, of: .delivery)
        let user = installation.users(1, "metrics")[0]
        for number in 0..<3 {
            let sent = try await installation.service.send(Outgoing(to: user, "\(number)"))
            _ = try await installation.service.record(of: sent.id, in: "delivered")
        }
        #expect(try await value(#"notifi_api_accepted_total{service="orders"}"#, of: .api) == accepted + 3)
        // Counted after the commit that the record shows.
        try await require("three more are counted", within: .seconds(5)) {
            try await value(#"notifi_delivery_decided_total{outcome="delivered"}"#, of: .delivery) == delivered + 3
        }
    }

    @Test("what was scheduled is in both histograms of lateness, which begin at a millisecond; what was not is in none")
    func lateness() async throws {
        let installation = try Installation.shared
        func buckets(_ name: String, of daemon: Daemon) async throws -> [(bound: String, count: Int)] {
            try await self.admin(installation[daemon], "/metrics").text.split(separator: "\n").compactMap { line in
                guard line.hasPrefix("notifi_\(name)_lateness_seconds_bucket{le=\"") else { return nil }
                let parts = line.split(separator: "\"")
                return (String(parts[1]), try #require(Int(parts[2].dropFirst(2))))
            }
        }
        let user = installation.users(1, "late")[0]
        let before = try await buckets("delivery", of: .delivery).last?.count ?? 0
        let now = try await installation.service.send(Outgoing(to: user, "now"))
        _ = try await installation.service.record(of: now.id, in: "delivered")
        for number in 0..<3 {
            let sent = try await installation.service.send(Outgoing(to: user, "\(number)", at: .inSeconds(1)))
            _ = try await installation.service.record(of: sent.id, in: "delivered")
        }
        for (name, daemon) in [("poller_claim", Daemon.poller), ("delivery", .delivery)] {
            try await require("three more in \(name)", within: .seconds(5)) {
                try await buckets(name, of: daemon).last?.count == before + 3
            }
            let all = try await buckets(name, of: daemon)
            let bounds = "0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 30 60 +Inf"
            #expect(all.map(\.bound).joined(separator: " ") == bounds)
        }
    }

    @Test(
        "a daemon that reaches nothing lives, is not ready and says why, warns of unknown variables, and stops",
        arguments: Daemon.allCases)
    func nothingThere(_ daemon: Daemon) async throws {
        let secrets = ["postgres-password", "broker-password", "key-password", "a-session-secret-of-32-bytes-and-more"]
        try await withFolder { folder in
            let environment = [
                "NOTIFI_KAFKA_BROKERS": "127.0.0.1:1",
                "NOTIFI_POSTGRES_URL": "postgres://notifi:\(secrets[0])@127.0.0.1:1/notifi",
                "NOTIFI_KAFKA_SECURITY_PROTOCOL": "sasl_plaintext", "NOTIFI_KAFKA_SASL_MECHANISM": "PLAIN",
                "NOTIFI_KAFKA_SASL_USERNAME": "notifi", "NOTIFI_KAFKA_SASL_PASSWORD": secrets[1],
                "NOTIFI_KAFKA_SSL_KEY_PASSWORD": secrets[2], "NOTIFI_SESSION_JWT_SECRET": secrets[3],
                "NOTIFI_HTTP_PORT": "0",
                "NOTIFI_LOG_LEVEL": "trace", "NOTIFI_LOG_LEVLE": "info", "NOTIFI_KAFKA_BORKERS": "there:9092",
            ]
            let host = ProcessHost()
            let process = DaemonProcess(
                daemon, number: 8, programs: try Programs.folder(), folder: folder, environment: environment, host: host
            )
            try await withBackground({ await host.run() }) {
                try await process.start()
                #expect(try await self.admin(process, "/livez").status == 200)
                let last = Shared("")
                try await require("it says what is missing: \(last.value)", within: .seconds(10)) {
                    let (isReady, text) = try await process.readiness()
                    #expect(!isReady)
                    last.change { $0 = text }
                    return ["kafka", "postgres"].allSatisfy { text.contains("\($0) (") }
                        && !text.contains("not checked yet")
                }
                let lines = last.value.split(separator: "\n")
                #expect(lines.first?.hasPrefix("not ready: ") ?? false, "\(lines)")
                for dependency in ["kafka", "postgres"] {
                    #expect(
                        lines.contains { $0.hasPrefix("\(dependency) (") && $0.contains("failing since ") }, "\(lines)")
                }
                try await process.stop()
            }
            let log = process.log
            for (name, meant) in [
                ("NOTIFI_LOG_LEVLE", "NOTIFI_LOG_LEVEL"), ("NOTIFI_KAFKA_BORKERS", "NOTIFI_KAFKA_BROKERS"),
            ] {
                let lines = log.split(separator: "\n").filter {
                    $0.contains("unknown environment variable \(name) is ignored")
                }
                #expect(lines.count == 1 && lines[0].contains(meant) && lines[0].contains("warning"), "\(lines)")
            }
            for secret in secrets {
                #expect(!log.contains(secret), "\(secret) in the log")
            }
            // Each line is one object, but for what librdkafka itself may write.
            for line in log.split(separator: "\n") {
                #expect(throws: Never.self, "\(line)") {
                    try JSONDecoder().decode([String: JSONTree].self, from: Data(line.utf8))
                }
            }
        }
    }

    @Test("neither tokens, sessions, secrets nor messages are in the logs, the most talkative ones included")
    func secretsAreNotLogged() async throws {
        let installation = try Installation.shared
        let api = try StrictAPI.shared
        let user = installation.users(1, "secret")[0]
        let session = try await api.session(of: user)
        let marker = "message-\(UUID().uuidString)"
        let token = installation.service.token
        let forged = try await TestSession(sub: user).signed(by: String(repeating: "f", count: 40))
        for answer in [
            try await api.http.ask(
                "POST", "/api/notifications", token: token, json: try draft(to: user, ["message": try quoted(marker)])),
            try await api.http.ask("POST", "/api/notifications", token: token + "x", json: try draft(to: user)),
            try await api.http.ask("POST", "/api/session", token: session),
            try await api.http.ask("GET", "/api/notifications/unread", token: session),
            try await api.http.ask("GET", "/api/notifications/unread", session: session),
            try await api.http.ask("GET", "/api/notifications/unread", token: forged),
            try await api.http.ask("DELETE", "/api/session", session: session, origin: "https://evil.example"),
        ] { #expect(answer.status < 500) }
        let logs = [api.api.process.log] + installation.daemons.map(\.log)
        #expect(logs[0].contains("/api/notifications/unread"), "what was asked is logged at this level")
        let hidden = [
            token, installation.otherService.token, session, session.tokenParts[2], forged.tokenParts[2],
            StrictAPI.secret, marker,
        ]
        for log in logs {
            for secret in hidden { #expect(!log.contains(secret), "\(secret) in a log") }
        }
    }
}
