import Testing

@testable import Notifi

@Suite struct UpPlanTests {
    private let connections = Connections(brokers: "127.0.0.1:4000", postgres: "postgresql://local")

    private func plan(_ environment: [String: String] = [:], previous: EnvironmentFile = EnvironmentFile()) -> UpPlan {
        UpPlan(UpRequest(port: 8123, stateDirectory: "/state", environment: environment, previous: previous))
    }

    private func environment(_ plan: UpPlan, _ daemon: Daemon) -> [String: String] {
        plan.environment(
            of: daemon, connections: self.connections, sessionSecret: "secret", readyFile: "/state/run/x",
            auditFile: "/state/audit.jsonl")
    }

    @Test func everythingIsEmbeddedByDefault() {
        let plan = self.plan()
        #expect(plan.kafka == .embedded)
        #expect(plan.postgres == .embedded)
        #expect(plan.notes.isEmpty)
    }

    @Test func addressesOfTheEnvironmentAreUsed() {
        let plan = self.plan(["NOTIFI_KAFKA_BROKERS": "k:9092", "NOTIFI_POSTGRES_URL": "postgresql://db"])
        #expect(plan.kafka == .external("k:9092"))
        #expect(plan.postgres == .external("postgresql://db"))
    }

    @Test func emptyAddressesCountAsNone() {
        #expect(self.plan(["NOTIFI_KAFKA_BROKERS": ""]).kafka == .embedded)
    }

    @Test func addressesOfAnEarlierRunAreNotSomebodyElses() {
        var previous = EnvironmentFile()
        previous["NOTIFI_KAFKA_BROKERS"] = "127.0.0.1:999"
        previous["NOTIFI_POSTGRES_URL"] = "postgresql://real"
        previous["NOTIFI_UP_EMBEDDED"] = "NOTIFI_KAFKA_BROKERS"
        let environment = ["NOTIFI_KAFKA_BROKERS": "127.0.0.1:999", "NOTIFI_POSTGRES_URL": "postgresql://real"]
        let plan = self.plan(environment, previous: previous)
        #expect(plan.kafka == .embedded)
        #expect(plan.postgres == .external("postgresql://real"))
        #expect(plan.notes.count == 1)
        #expect(self.plan(["NOTIFI_KAFKA_BROKERS": "other:1"], previous: previous).kafka == .external("other:1"))
    }

    @Test func theDaemonsGetTheirConnectionsAndReadyFile() {
        for daemon in Daemon.allCases {
            let environment = self.environment(self.plan(["PATH": "/bin"]), daemon)
            #expect(environment["NOTIFI_KAFKA_BROKERS"] == "127.0.0.1:4000")
            #expect(environment["NOTIFI_POSTGRES_URL"] == "postgresql://local")
            #expect(environment["NOTIFI_READY_FILE"] == "/state/run/x")
            #expect(environment["NOTIFI_LOG_FORMAT"] == "text")
            #expect(environment["PATH"] == "/bin")
        }
    }

    @Test func auditLinesGoToAFileOfTheirOwn() {
        #expect(self.environment(self.plan(), .api)["NOTIFI_AUDIT_FILE"] == "/state/audit.jsonl")
        let plan = self.plan(["NOTIFI_AUDIT_FILE": "/var/log/audit.jsonl"])
        #expect(self.environment(plan, .api)["NOTIFI_AUDIT_FILE"] == "/var/log/audit.jsonl")
        #expect(self.environment(plan, .router)["NOTIFI_AUDIT_FILE"] == nil)
    }

    @Test func onlyTheAPIGetsWhatIsTheAPIs() {
        let plan = self.plan(["NOTIFI_HTTP_CORS_ORIGINS": "https://x", "NOTIFI_POLL_INTERVAL_SECONDS": "7"])
        let api = self.environment(plan, .api)
        #expect(api["NOTIFI_HTTP_PORT"] == "8123")
        #expect(api["NOTIFI_SESSION_JWT_SECRET"] == "secret")
        #expect(api["NOTIFI_POLL_INTERVAL_SECONDS"] == "7")
        #expect(api["NOTIFI_HTTP_CORS_ORIGINS"] == "https://x")
        for daemon in [Daemon.router, .poller, .delivery] {
            let names = self.environment(plan, daemon).keys
            #expect(!names.contains { $0.hasPrefix("NOTIFI_HTTP") || $0.hasPrefix("NOTIFI_SESSION") })
            #expect(!names.contains("NOTIFI_POLL_INTERVAL_SECONDS"))
        }
    }

    @Test func whatIsForScriptsReachesNoDaemon() {
        let plan = self.plan([
            "NOTIFI_URL": "u", "NOTIFI_SERVICE_TOKEN": "t", "NOTIFI_API_ADMIN_PORT": "1", "NOTIFI_ADMIN_PORT": "2",
            "NOTIFI_LOG_LEVEL": "debug",
        ])
        let environment = self.environment(plan, .api)
        for name in ["NOTIFI_URL", "NOTIFI_SERVICE_TOKEN", "NOTIFI_API_ADMIN_PORT", "NOTIFI_ADMIN_PORT"] {
            #expect(environment[name] == nil, "\(name)")
        }
        #expect(environment["NOTIFI_LOG_LEVEL"] == "debug")
    }

    @Test func onlyTheEmbeddedBrokerNeedsShortWaits() {
        #expect(self.environment(self.plan(), .router)["NOTIFI_KAFKA_FETCH_WAIT_MAX_MS"] == "5")
        let external = self.plan(["NOTIFI_KAFKA_BROKERS": "k:9092"])
        #expect(self.environment(external, .router)["NOTIFI_KAFKA_FETCH_WAIT_MAX_MS"] == nil)
        #expect(self.environment(external, .router)["NOTIFI_KAFKA_SESSION_TIMEOUT_MS"] == nil)
    }
}

@Suite struct EnvironmentFileTests {
    @Test(arguments: [
        "plain", "", "with space", "it's", "a=b", "$HOME `x`", "postgresql:///notifi?host=%2Ftmp&port=5", "'", "''",
    ])
    func readsWhatItWrote(value: String) {
        var file = EnvironmentFile()
        file["NOTIFI_A"] = value
        file["NOTIFI_B"] = "b"
        #expect(EnvironmentFile(text: file.text(comment: "two\nlines")) == file)
    }

    @Test func quotesWhatAShellWouldRead() {
        var file = EnvironmentFile()
        file["A"] = "x?y&z"
        file["B"] = "http://127.0.0.1:8080"
        #expect(file.text(comment: "c") == "# c\nA='x?y&z'\nB=http://127.0.0.1:8080\n")
    }

    @Test func skipsWhatIsNoAssignment() {
        let file = EnvironmentFile(text: "# A=1\n\nnonsense\nB=2\nB=3\n")
        #expect(file["A"] == nil)
        #expect(file["B"] == "3")
        #expect(file.entries.count == 1)
    }
}
