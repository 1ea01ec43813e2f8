/// What a person and a script need to use what was started.
struct Announcement: Sendable {
    let plan: UpPlan
    let folder: StateFolder
    let started: Backing.Started
    let ports: [Daemon: DaemonPorts]

    /// Writes the `env` file and shows the links.
    func make(on console: Console) throws {
        let text = self.environmentFile.text(comment: Self.comment)
        try StateFolder.writePrivately(text, to: self.folder.environmentFile)
        console.say("Ready")
        console.present(self.lines)
    }

    var url: String { "http://127.0.0.1:\(self.ports[.api]?.http ?? self.plan.port)" }

    var environmentFile: EnvironmentFile {
        var file = EnvironmentFile()
        file["NOTIFI_URL"] = self.url
        file["NOTIFI_INBOX_URL"] = self.inbox
        file["NOTIFI_SERVICE_TOKEN"] = self.started.serviceToken
        file["NOTIFI_USER_ID"] = Backing.demoUser
        file["NOTIFI_USER_TOKEN"] = self.started.userToken
        // With it `notifi token user` signs in anybody else.
        file["NOTIFI_SESSION_JWT_SECRET"] = self.started.secrets.sessionSecret
        file[UpPlan.brokersName] = self.started.connections.brokers
        if self.plan.kafka == .embedded {
            for (name, value) in UpPlan.embeddedBrokerSettings.sorted(by: { $0.key < $1.key }) { file[name] = value }
        }
        file[UpPlan.postgresName] = self.started.connections.postgres
        for (daemon, ports) in self.ports.sorted(by: { $0.key < $1.key }) {
            file[UpPlan.adminPortName(daemon)] = String(ports.admin)
        }
        let embedded = [
            self.plan.kafka == .embedded ? UpPlan.brokersName : nil,
            self.plan.postgres == .embedded ? UpPlan.postgresName : nil,
        ]
        file[UpPlan.embeddedMark] = embedded.compactMap { $0 }.joined(separator: ",")
        return file
    }

    private var inbox: String { "\(self.url)/#token=\(self.started.userToken)" }

    private var lines: [String] {
        [
            "",
            "The inbox of the user \(Backing.demoUser), signed in:",
            "",
            "  \(self.inbox)",
            "",
            "Send a notification to it:",
            "",
            "  curl -sS \(self.url)/api/notifications \\",
            "    -H 'Authorization: Bearer \(self.started.serviceToken)' -H 'Content-Type: application/json' \\",
            "    -d '{\"user_id\":\"\(Backing.demoUser)\",\"event_type\":\"new_message\",\"message\":\"Hello\"}'",
            "",
            "What services do is written down in \(self.plan.auditFile(otherwise: self.folder.auditFile))",
            "The same for scripts: \(self.folder.environmentFile)      Stop: Ctrl-C",
            "",
        ]
    }

    private static let comment = """
        Written by notifi up; valid while it runs. It holds secrets.
        To use it: set -a; . .notifi/env; set +a
        """
}
