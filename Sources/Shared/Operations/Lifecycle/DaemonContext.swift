public import Logging
import Synchronization

/// What a daemon's composition root gets to build its services from.
public struct DaemonContext: Sendable {
    /// The daemon's name, for example `notifi-router`.
    public let daemon: String
    public let settings: Settings
    public let logger: Logger
    /// Register checks and flags here while building.
    public let health: Health
    let readiness: Readiness

    /// Tells the port on which the daemon's own HTTP server accepts connections. Only for a daemon that was run with
    /// `servesHTTP`: its ready line and its ready file wait for this.
    public func announce(http port: Int) {
        self.readiness.bound(http: port)
    }
}

/// Waits for all that has to be there before a daemon calls itself started, then says so once.
final class Readiness: Sendable {
    private struct State {
        var http: Int?
        var admin: Int?
        var servicesToStart: Int?
        var isAnnounced = false
    }

    private let state = Mutex(State())
    private let adminHost: String
    private let servesHTTP: Bool
    private let file: String?
    private let logger: Logger

    init(adminHost: String, servesHTTP: Bool, file: String?, logger: Logger) {
        self.adminHost = adminHost
        self.servesHTTP = servesHTTP
        self.file = file
        self.logger = logger
    }

    func expect(services: Int) {
        if let file = self.file {
            do {
                try ReadyFile.remove(at: file)
            } catch {
                self.logger.error("the old ready file \(file) cannot be removed", error: error)
            }
        }
        self.update { $0.servicesToStart = services }
    }

    func serviceStarted() {
        self.update { state in state.servicesToStart = state.servicesToStart.map { $0 - 1 } }
    }

    /// What has not been announced never will be.
    func stop() {
        self.update { $0.isAnnounced = true }
    }

    func bound(http port: Int) {
        self.update { $0.http = port }
    }

    func bound(admin port: Int) {
        self.update { $0.admin = port }
    }

    private func update(_ change: (inout State) -> Void) {
        let ready = self.state.withLock { state -> ReadyFile? in
            change(&state)
            guard !state.isAnnounced, state.servicesToStart == 0, let admin = state.admin,
                state.http != nil || !self.servesHTTP
            else { return nil }
            state.isAnnounced = true
            return ReadyFile(http: state.http, admin: admin)
        }
        guard let ready else { return }
        var metadata: Logger.Metadata = [
            "admin_host": "\(self.adminHost)", "admin_port": .stringConvertible(ready.admin),
        ]
        if let http = ready.http {
            metadata["http_port"] = .stringConvertible(http)
        }
        self.logger.info("started", metadata: metadata)
        guard let file = self.file else { return }
        do {
            try ready.write(to: file)
        } catch {
            self.logger.error("the ready file \(file) cannot be written", error: error)
        }
    }
}
