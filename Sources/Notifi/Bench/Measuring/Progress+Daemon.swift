import Foundation

extension Progress {
    /// Looks every 100 ms until these daemons together have got to `total`.
    ///
    /// - Parameter metric: of their `/metrics`, a counter.
    /// - Throws: where it takes longer than `limit`.
    static func watch(
        _ daemons: [BenchDaemon], metric: String, to total: Double, within limit: Duration
    ) async throws -> Progress {
        var progress = Progress()
        let clock = ContinuousClock()
        let began = clock.now
        while true {
            var count = 0.0
            for daemon in daemons { count += try await daemon.metric(metric) ?? 0 }
            let elapsed = clock.now - began
            progress.add(count, at: elapsed)
            if count >= total { return progress }
            guard elapsed < limit else {
                throw CommandFailure("\(metric) is \(Int(count)) of \(Int(total)) after \(elapsed)")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
