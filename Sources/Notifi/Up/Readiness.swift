import Foundation
import FoundationNetworking

/// Waits until a daemon that was just started can do its work.
struct Readiness: Sendable {
    /// Written by the daemon as soon as it listens.
    let readyFile: String
    /// For all of it.
    let timeout: Duration

    enum Outcome: Sendable, Equatable {
        case ready(DaemonPorts)
        /// What was missing last.
        case late(String)
    }

    /// Asks every 100 ms. Cancelling ends it with an error.
    func wait() async throws -> Outcome {
        let deadline = ContinuousClock.now + self.timeout
        var reason = "it did not say where it listens"
        while ContinuousClock.now < deadline {
            if let ports = try self.ports() {
                switch await self.ask(ports.admin) {
                case .success: return .ready(ports)
                case .failure(let refusal): reason = refusal.description
                }
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        return .late("after \(self.timeout) \(reason)")
    }

    private func ports() throws -> DaemonPorts? {
        guard let text = try StateFolder.read(self.readyFile) else { return nil }
        // Renamed into place by the daemon, so it is never half a file.
        return try JSONDecoder().decode(DaemonPorts.self, from: Data(text.utf8))
    }

    private func ask(_ port: Int) async -> Result<Void, UpFailure> {
        guard let url = URL(string: "http://127.0.0.1:\(port)/readyz?verbose") else {
            return .failure(UpFailure("it gave no usable port"))
        }
        do {
            let request = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: 3)
            let (body, response) = try await URLSession.shared.data(for: request)
            if (response as? HTTPURLResponse)?.statusCode == 200 {
                return .success(())
            }
            let lines = String(decoding: body.prefix(500), as: UTF8.self).split(whereSeparator: \.isNewline)
            return .failure(UpFailure("it is not ready: " + lines.joined(separator: "; ")))
        } catch {
            return .failure(UpFailure("it does not answer on port \(port)"))
        }
    }
}
